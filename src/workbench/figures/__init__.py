"""Numbers in, picture out: plots, path diagrams, tables and cards for notebooks and reports.

Every function returns a small frozen object that a notebook shows by itself (``_repr_html_``), with
the finding stated in ``alt`` and ``save(path)``. Pages inline ``theme.CSS`` once.
"""

from workbench.errors import FigureError
from workbench.figures.band import band
from workbench.figures.display import (
    Card,
    Cards,
    Definitions,
    Figure,
    Findings,
    Folded,
    Fragment,
    Notes,
    Notice,
    Panel,
    Prose,
    Table,
    folded_if_long,
)
from workbench.figures.funnel import funnel
from workbench.figures.intervals import caterpillar, forest, position
from workbench.figures.paths import (
    Covariance,
    Link,
    Loading,
    Node,
    model_diagram,
    path_diagram,
)
from workbench.figures.questions import (
    Question,
    UnitQuestion,
    response_shares,
    unit_percentages,
)
from workbench.figures.scatter import distribution, scatter
from workbench.figures.scree import scree
from workbench.figures.theme import CSS
from workbench.figures.trends import trend

__all__ = [
    "CSS",
    "Card",
    "Cards",
    "Covariance",
    "Definitions",
    "Figure",
    "FigureError",
    "Findings",
    "Folded",
    "Fragment",
    "Link",
    "Loading",
    "Node",
    "Notes",
    "Notice",
    "Panel",
    "Prose",
    "Question",
    "Table",
    "UnitQuestion",
    "band",
    "caterpillar",
    "distribution",
    "folded_if_long",
    "forest",
    "funnel",
    "model_diagram",
    "path_diagram",
    "position",
    "response_shares",
    "scatter",
    "scree",
    "trend",
    "unit_percentages",
]
