"""Sliders for "what goes with a change of so many points", which read as a table without script.

The script is the only one in a report. It is the same text whatever the numbers, so that a page
can name its hash and refuse every other (Content-Security-Policy).
"""

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from workbench.errors import FigureError
from workbench.figures import theme
from workbench.figures.display import Folded, Fragment, Table, required
from workbench.figures.markup import element, together
from workbench.interpretation import numbers as fmt
from workbench.interpretation.amounts import Amount
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say

# The numbers travel in data attributes: per, low, high are points per point with the interval. So
# do the words, in the page's language, with the numbers' places marked by #. Numbers from records
# have a width, what a point is in their unit or, relative, of their logarithm.
SCRIPT = Markup(
    "document.querySelectorAll('.wb-sliders:not([data-on])').forEach(function(b){"
    "b.dataset.on=1;b.hidden=false;"
    "function n(v){var t=Math.abs(v).toFixed(1);"
    "return (t=='0.0'?'':v<0?'\\u2212':'+')+t.replace('.',b.dataset.point)}"
    "function w(t,a){return t.replace(/#/g,function(){return a.shift()})}"
    "b.querySelectorAll('input').forEach(function(i){"
    "var f=i.closest('fieldset');"
    "function show(){var c=+i.value,"
    "m=w(b.dataset.points,[n(c).replace(/.0$/,'')]);"
    "i.setAttribute('aria-valuetext',m);f.querySelector('output').textContent=m;"
    "f.querySelectorAll('[data-per]').forEach(function(e){var d=e.dataset,"
    "u=function(v){v*=c*(d.width||1);return d.relative?100*Math.expm1(v):v},"
    "r=[u(d.low),u(d.high)].sort(function(x,y){return x-y});"
    "e.textContent=w(d.estimate||b.dataset.estimate,[n(u(d.per)),n(r[0]),n(r[1])])})}"
    "i.addEventListener('input',show);show()})})"
)


def script_source(script: str = SCRIPT) -> str:
    """A script's source expression for a Content-Security-Policy."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@dataclass(frozen=True)
class Goes:
    """What goes with one point of a driver: points of ``label``, with the interval.

    ``amount`` is what these points count where they are of a number from records.
    """

    label: str
    per: float
    lower: float
    upper: float
    amount: Amount | None = None


@dataclass(frozen=True)
class Slider:
    """One driver: by how many points it may be moved, and what goes with it."""

    label: str
    down: float
    up: float
    outcomes: Sequence[Goes]
    note: str = ""


@dataclass(frozen=True)
class Sliders(Fragment):
    """A table of changes, and sliders above it where scripts run.

    ``table`` says the same without script; ``alt`` states the finding.
    """

    sliders: Sequence[Slider]
    table: Table
    alt: str

    def __post_init__(self) -> None:
        required(self.alt, "Sliders")
        for slider in self.sliders:
            if not slider.down <= 0 <= slider.up:
                raise FigureError(
                    f"The slider {slider.label!r} runs from {slider.down:g} to {slider.up:g}; "
                    "it must have no change (0) between."
                )

    @property
    def html(self) -> Markup:
        moved = (_fieldset(slider) for slider in self.sliders if slider.up > slider.down)
        points = say("number.point", count=2, points="#")
        span = say("number.interval", lower="#", upper="#")
        controls = element(
            "div",
            *moved,
            class_="wb-sliders wb-prose",
            hidden=True,
            role="group",
            aria_label=self.alt,
            data_point=spoken().number("."),
            data_points=points,
            data_estimate=say("number.estimate", value=points, interval=span),
        )
        # The script stands in the fragment, so that it works in a notebook as it does in a report.
        return together(controls, Folded(self.table).html, element("script", SCRIPT))


_MORE = 3
"""More decimals of a slope that is told in a unit of which a point may be many."""


def _moving(goes: Goes, decimals: int) -> Markup:
    """The numbers that the script moves; without an interval there is none to show."""
    if not (math.isfinite(goes.lower) and math.isfinite(goes.upper)):
        return together(say("slider.no interval"))
    told: dict[str, str] = {}
    if goes.amount is not None:
        told, decimals = _counted(goes.amount), decimals + _MORE
    return element(
        "span",
        data_per=f"{goes.per:.{decimals}f}",
        data_low=f"{goes.lower:.{decimals}f}",
        data_high=f"{goes.upper:.{decimals}f}",
        **told,
    )


def _counted(amount: Amount) -> dict[str, str]:
    """What the script needs to tell points in the unit of records."""
    marked = say("number.percent", number="#") if amount.relative else "#"
    span = say("number.interval", lower=marked, upper=marked)
    told = say(f"difference.{amount.kind}", value=marked, unit=amount.unit, span=span)
    relative = {"data_relative": "1"} if amount.relative else {}
    return {"data_width": f"{amount.width:.6g}", "data_estimate": told, **relative}


def _fieldset(slider: Slider) -> Markup:
    # Whole points on the slider; the range is cut towards 0 so that it stays within the data.
    down, up = -int(-slider.down), int(slider.up)
    # The text is a slope times whole points, with one decimal: more digits would not show.
    decimals = len(str(up)) + 2
    rows = (
        together(
            element("dt", goes.label), element("dd", _moving(goes, decimals), style="margin:0")
        )
        for goes in slider.outcomes
    )
    start = min(5, up) if up > 0 else max(-5, down)
    note = element("p", slider.note, class_="wb-notes") if slider.note else ""
    return element(
        "fieldset",
        element(
            "legend",
            say("slider.differs", label=slider.label),
            " ",
            element("output"),
            style="font-weight:600",
        ),
        element(
            "input",
            type="range",
            min=down,
            max=up,
            step=1,
            value=start,
            aria_label=say("slider.change", label=slider.label),
            style="width:100%;min-height:24px;margin:.2rem 0",
        ),
        element(
            "div",
            element("span", fmt.number(down, 0)),
            element("span", fmt.number(up, 0, signed=True)),
            style=f"display:flex;justify-content:space-between;color:var(--wb-muted,{theme.MUTED});"
            "font-size:.8125rem",
            aria_hidden="true",
        ),
        element(
            "dl",
            *rows,
            style="display:grid;grid-template-columns:auto auto;gap:.1rem 1rem;margin:.4rem 0 0;"
            "font-variant-numeric:tabular-nums;justify-content:start",
        ),
        note,
        style=f"border:1px solid var(--wb-hairline,{theme.HAIRLINE});border-radius:6px;"
        "margin:.6rem 0;padding:.6rem 1rem;max-width:42rem",
    )
