"""Colours, type sizes and the style sheet of everything the workbench draws.

The palette keeps apart under the common colour deficiencies, and never carries meaning alone: own
and benchmark differ in shape and dash as well, categories have an outline and printed shares.
Contrast on white: text at least 4.5 : 1, lines and marks at least 3 : 1 (WCAG 2.2, 1.4.3, 1.4.11).
"""

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"

INK = "#1b1f24"
MUTED = "#57606a"
RULE = "#868e97"
HAIRLINE = "#d8dde3"
PAPER = "#ffffff"
OWN = "#0b4f8a"
BENCHMARK = "#a94f00"
OTHER = "#6b7682"
BAND = "#fbe3cc"
TINT = "#e8f0f8"

BAR = "#9dbbd6"
ON_FILL = "#1b1f25"
"""Text and outlines on the fills of the diverging scale, which are light in the dark scheme too."""

WARM = "#fdf3e8"

DARK = {
    INK: ("ink", "#e8ecf1"),
    MUTED: ("muted", "#a9b4c0"),
    RULE: ("rule", "#7d8894"),
    HAIRLINE: ("hairline", "#3a444f"),
    PAPER: ("paper", "#14191f"),
    OWN: ("own", "#7fbaf0"),
    BENCHMARK: ("benchmark", "#f0a35e"),
    OTHER: ("other", "#93a0ad"),
    BAND: ("band", "#4a3420"),
    TINT: ("tint", "#1d2a38"),
    BAR: ("bar", "#35597a"),
    WARM: ("warm", "#3a2a18"),
}
"""Every colour's name in the style sheet, and what it is in the dark scheme."""

# Ends and middle of the diverging scale. Every step is light enough for INK text (4.5 : 1) and for
# an INK outline (3 : 1), so neighbours of any number of categories are told apart.
_LOW = ("#e08b3c", "#f8e3cd")
_NEUTRAL = "#e9eaec"
_HIGH = ("#d3e6f5", "#62a8dc")


def diverging(categories: int) -> list[str]:
    """One fill per ordered category, least to most favourable; a middle one is grey."""
    half = categories // 2
    low = [_mix(*_LOW, step / max(half - 1, 1)) for step in range(half)]
    high = [_mix(_HIGH[1], _HIGH[0], step / max(half - 1, 1)) for step in range(half)]
    return [*low, *([_NEUTRAL] if categories % 2 else []), *reversed(high)]


def _mix(first: str, second: str, share: float) -> str:
    pairs = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


_CSS = f"""
.wb-figure,.wb-table,.wb-prose,.wb-findings,.wb-terms,.wb-cards,.wb-notice{{font-family:{FONT};color:{INK};
 line-height:1.5;box-sizing:border-box}}
.wb-figure,.wb-table{{margin:1.25rem 0;max-width:100%}}
.wb-figure svg{{font-family:{FONT}}}
.wb-figure figcaption,.wb-table caption{{font-size:.9375rem;color:{INK};text-align:left;
 margin:.25rem 0 .5rem;font-weight:600}}
.wb-scroll{{overflow-x:auto;max-width:100%}}
.wb-scroll:focus-visible{{outline:3px solid {OWN};outline-offset:2px}}
.wb-table table,.wb-figure table{{border-collapse:collapse;font-size:.9375rem;
 font-variant-numeric:tabular-nums;background:{PAPER}}}
.wb-figure table{{width:100%;table-layout:fixed}}
.wb-table th,.wb-table td{{padding:.35rem .75rem;border-bottom:1px solid {HAIRLINE};
 text-align:left;vertical-align:top}}
.wb-table thead th{{border-bottom:2px solid {RULE};vertical-align:bottom;font-weight:600}}
.wb-table tbody th{{font-weight:500}}
.wb-table .wb-num,.wb-figure .wb-num{{text-align:right}}
.wb-table tbody tr:hover{{background:{TINT}}}
.wb-notes{{font-size:.8125rem;color:{MUTED};margin:.35rem 0 0}}
.wb-figure th,.wb-figure td{{text-align:left;font-weight:400;padding:.1rem .4rem;
 vertical-align:middle;overflow-wrap:anywhere}}
.wb-figure thead th{{font-size:.8125rem;color:{MUTED};vertical-align:bottom}}
.wb-figure .wb-track{{padding:0}}
.wb-figure .wb-track svg{{display:block;overflow:visible}}
.wb-figure tr.wb-own>*{{font-weight:700;background:{TINT}}}
.wb-figure small{{color:{MUTED};font-size:.8125rem}}
.wb-figure .wb-own small{{color:{INK};font-weight:400}}
.wb-key{{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;padding:0;margin:.4rem 0;
 font-size:.875rem}}
.wb-key li{{margin:0;display:flex;align-items:center;gap:.4rem}}
.wb-key svg{{flex:none}}
.wb-questions tbody tr>*{{padding-top:.35rem;padding-bottom:.35rem;
 border-bottom:1px solid {HAIRLINE}}}
.wb-figure .wb-questions .wb-track{{padding-right:.9rem}}
.wb-panels{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));
 gap:1rem}}
.wb-panels svg{{width:100%;max-width:26rem;height:auto}}
.wb-figure details{{font-size:.875rem;margin-top:.5rem}}
.wb-numbers caption{{position:absolute;width:1px;height:1px;overflow:hidden;
 clip-path:inset(50%)}}
.wb-figure summary{{cursor:pointer;padding:.3rem 0;min-height:24px}}
.wb-figure details table{{width:auto;table-layout:auto}}
.wb-figure details th,.wb-figure details td{{padding:.2rem .6rem;
 border-bottom:1px solid {HAIRLINE}}}
.wb-folded{{font-family:{FONT};margin:.6rem 0}}
.wb-folded>summary{{cursor:pointer;padding:.3rem 0;min-height:24px}}
.wb-prose p{{max-width:46rem;margin:.6rem 0}}
.wb-findings{{max-width:46rem;margin:1rem 0;padding-left:1.6rem;font-size:1.125rem;
 line-height:1.45}}
.wb-findings li{{margin:.4rem 0;padding-left:.3rem}}
.wb-findings li::marker{{font-weight:700;color:{OWN}}}
.wb-terms{{max-width:46rem;margin:.6rem 0}}
.wb-terms div{{display:grid;grid-template-columns:minmax(5.5rem,max-content) 1fr;gap:0 1rem}}
.wb-terms dt{{font-weight:600;color:{INK}}}
.wb-terms dd{{margin:0 0 .3rem;color:{MUTED}}}
.wb-cards{{list-style:none;padding:0;margin:1.25rem 0;display:grid;gap:.9rem;
 grid-template-columns:repeat(auto-fit,minmax(min(100%,13.5rem),1fr))}}
.wb-cards>li{{border:1px solid {HAIRLINE};border-top:4px solid {OWN};border-radius:6px;
 padding:.8rem 1rem;margin:0;background:{PAPER}}}
.wb-cards dl,.wb-cards dt,.wb-cards dd{{margin:0}}
.wb-cards dt{{font-weight:600}}
.wb-cards .wb-value{{font-size:2.1rem;line-height:1.2;font-weight:700;
 font-variant-numeric:tabular-nums}}
.wb-cards .wb-reason{{font-size:1rem;line-height:1.4;font-weight:400}}
.wb-cards .wb-detail{{font-size:.875rem;color:{MUTED}}}
.wb-notice{{border:1px solid {RULE};border-left:5px solid {OWN};border-radius:4px;
 background:{TINT};padding:.6rem 1rem;margin:1rem 0;max-width:46rem}}
.wb-notice.wb-warning{{border-left-color:{BENCHMARK};background:{WARM}}}
.wb-notice p{{margin:.2rem 0}}
@media (max-width:560px){{
 .wb-has-narrow .wb-wide{{display:none!important}}
 .wb-has-narrow .wb-narrow{{display:block!important}}
 .wb-table table{{font-size:.875rem}}
 .wb-table th,.wb-table td{{padding:.3rem .5rem}}
 .wb-table td:not(:empty){{min-width:5.6rem}}
 .wb-table tbody th{{min-width:8rem}}
 .wb-table col.wb-text{{width:13rem}}
 .wb-table td:nth-child(3):nth-last-child(2):not(:empty){{min-width:7.5rem}}
 .wb-figure,.wb-table{{margin:.7rem 0!important}}
 .wb-prose p{{font-size:.9375rem;line-height:1.45;margin:.4rem 0}}
 .wb-terms{{font-size:.9375rem;line-height:1.4}}
 .wb-questions,.wb-questions tbody,.wb-questions tr,.wb-questions th,.wb-questions td{{
  display:block;width:auto!important}}
 .wb-questions tbody tr>*{{border:0;padding-top:.1rem;padding-bottom:.1rem}}
 .wb-figure th,.wb-figure td{{padding:0 .25rem;line-height:1.25}}
 .wb-figure td>small{{display:block;font-size:.78rem}}
 .wb-rows td>small{{white-space:nowrap}}
 .wb-rows td[colspan]>small{{white-space:normal}}
 .wb-rows col:last-child{{width:33%!important}}
 .wb-odd{{display:none}}
 .wb-questions td:last-child:not(.wb-track)>svg{{display:none!important}}
 .wb-figure .wb-questions td>small{{display:inline}}
 .wb-figure:has(.wb-questions) .wb-key li:nth-last-child(-n+2){{display:none}}
 .wb-findings{{font-size:1.0625rem;padding-left:1.3rem}}
 .wb-panels{{gap:.2rem}}
 .wb-panels svg{{max-width:16rem}}
 .wb-cards{{gap:.6rem}}
 .wb-cards>li{{padding:.5rem .9rem}}
 .wb-cards .wb-value{{font-size:1.8rem}}
 .wb-cards .wb-detail{{line-height:1.35}}
 .wb-questions thead{{position:absolute;width:1px;height:1px;overflow:hidden;
  clip-path:inset(50%)}}
 .wb-questions tbody tr{{padding:.4rem 0;border-bottom:1px solid {HAIRLINE}}}
}}
@media print{{
 .wb-folded::details-content{{content-visibility:visible;height:auto}}
 .wb-sliders,.wb-folded>summary,details:not([open],.wb-folded){{display:none}}
 .wb-figure,.wb-cards>li,.wb-notice,.wb-table tr,.wb-figure tr{{break-inside:avoid}}
 .wb-figure.wb-long,.wb-figure:not(:has(>.wb-scroll)){{break-inside:auto}}
 .wb-figure figcaption,.wb-key{{break-after:avoid}}
 .wb-figure svg{{min-width:0!important}}
 .wb-rows .wb-track>svg{{clip-path:inset(0 -2rem)}}
 .wb-figure:not(.wb-has-narrow)>.wb-scroll>svg{{max-height:7cm}}
 .wb-scroll{{overflow:visible!important}}
 .wb-table thead{{display:table-header-group}}
 .wb-figure,.wb-cards,.wb-notice,.wb-table{{print-color-adjust:exact;
  -webkit-print-color-adjust:exact}}
}}
@media (forced-colors:active){{.wb-figure svg{{forced-color-adjust:none;background:{PAPER}}}}}
"""


def _in_both_schemes(css: str) -> str:
    """Return a style sheet whose colours, and those of drawings, follow the reader's scheme.

    On paper it is the light one.
    """
    light = ";".join(f"--wb-{name}:{colour}" for colour, (name, _) in DARK.items())
    dark = ";".join(f"--wb-{name}:{colour}" for name, colour in DARK.values())
    drawn = "\n".join(
        f'[{part}="{colour}"]{{{part}:var(--wb-{name})}}'
        for colour, (name, _) in DARK.items()
        for part in ("fill", "stroke")
    )
    for colour, (name, _) in DARK.items():
        css = css.replace(colour, f"var(--wb-{name})")
    schemes = f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f"\n:root{{{light}}}\n{schemes}\n{drawn}{css}"


CSS = _in_both_schemes(_CSS)
"""The style sheet of everything that is drawn, in the light and in the dark scheme."""

LIGHT_CSS = _CSS
"""The style sheet for a notebook: in the light scheme alone, as a notebook's paper is white."""
