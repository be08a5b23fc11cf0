"""Whether types of organisation differ."""

import pandas as pd

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import SIGNIFICANCE
from workbench.interpretation.fit import Tested, statistic_in_words
from workbench.interpretation.messages import say


def type_gaps_in_words(construct: str, test: Tested, gaps: pd.DataFrame) -> str:
    """Whether types differ in a construct, and which of them lie apart from the others.

    ``gaps``: the table of :class:`workbench.benchmark.TypeGaps`. Of two types one gap says it all.
    """
    verdict = "different" if test.pvalue < SIGNIFICANCE else "not shown"
    told = [say(f"types.verdict.{verdict}", construct=construct, test=statistic_in_words(test))]
    apart = gaps[gaps["distinct"]]
    if gaps["gap"].notna().sum() == 2:
        apart = apart[apart["gap"] > 0]
    told += [
        say(
            f"types.apart.{'above' if row['gap'] > 0 else 'below'}",
            type=row["type"],
            points=numbers.number(abs(row["gap"]), 1),
        )
        for row in apart.to_dict("records")
    ]
    return " ".join(told)
