"""Links of all organisations together: units as one, and units within their organisations.

Run from anywhere: python benchmarks/within.py [STUDIES]   (200 of every design by default, two
processes; some 40 minutes; writes WITHIN.md)

In every study people → service is .4, service → trust .5 and people → trust .1 (or 0, where the
model without it is tested) between units of an organisation, where each construct has variance 1.
40 % of the variance of units is between organisations: in the design *related* organisations'
levels follow the same links, in *unrelated* they go together by nothing. With tau the links of
organisations differ by that standard deviation. Three items a construct have a variance of their
own between units of .2. A unit has 6 to 20 employees and 5 to 40 clients, who answer both on
service and trust; ICC is the share of a respondent's true answer that lies between the units of an
organisation.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import sem
from workbench.chain import ChainData, find_chain, fit_chain, links, organisation_links
from workbench.chain.effects import fit_test, why_no_links
from workbench.errors import ModelError
from workbench.study.level import Level

CONSTRUCTS = ("people", "service", "trust")
CHAIN = find_chain("public-sector-service-value-chain").restricted_to(CONSTRUCTS)
WITHOUT = replace(CHAIN, links=CHAIN.without_shortcuts)
TRUE = {("people", "service"): 0.4, ("people", "trust"): 0.1, ("service", "trust"): 0.5}
BETWEEN = 0.4
ITEMS = 3
SPECIFIC = 0.2
DESIGN = ["organisations", "units", "icc", "levels", "tau"]
WAYS = ("items, units as one", "study.fit", "pages")


@dataclass(frozen=True)
class Design:
    """Organisations, units in each, ICC, "related" or "unrelated" levels, spread of links."""

    organisations: int
    units: int
    icc: float
    levels: str
    tau: float


def designs() -> Iterator[Design]:
    """240 units in three numbers of organisations, with and without spread; and 60 units."""
    for organisations, units in ((6, 40), (12, 20), (30, 8)):
        for levels in ("related", "unrelated"):
            for tau in (0.0, 0.15):
                yield Design(organisations, units, 0.12, levels, tau)
    for organisations, units in ((6, 10), (12, 5)):
        for icc in (0.05, 0.12, 0.25):
            yield Design(organisations, units, icc, "unrelated", 0.0)


def study(design: Design, rng: np.random.Generator, shortcut: bool = True) -> ChainData:
    """Draw the units' means with the known part of their errors."""
    count = design.organisations * design.units
    organisation = np.repeat(np.arange(design.organisations), design.units)
    mean = TRUE if shortcut else TRUE | {("people", "trust"): 0.0}
    own = {
        ends: value + design.tau * rng.standard_normal(design.organisations)[organisation]
        for ends, value in mean.items()
    }
    true = _constructs(count, own, rng)
    levels = (
        _constructs(design.organisations, mean, rng)
        if design.levels == "related"
        else rng.standard_normal((design.organisations, 3))
    )
    true += np.sqrt(BETWEEN / (1 - BETWEEN)) * levels[organisation]
    items = np.repeat(true, ITEMS, axis=1)
    items += np.sqrt(SPECIFIC) * rng.standard_normal(items.shape)
    together = np.array([[1, 0, 0], [0, 1, 0.5], [0, 0.5, 1]])  # clients are other people
    answers = 0.6 * np.kron(together, np.ones((ITEMS, ITEMS))) + 0.4 * np.eye(len(items.T))
    answers *= 1 / design.icc - 1
    people, clients = rng.integers(6, 21, count), rng.integers(5, 41, count)
    share = 1 / np.sqrt(np.column_stack([people] * ITEMS + [clients] * 2 * ITEMS))
    items += share * (rng.standard_normal(items.shape) @ np.linalg.cholesky(answers).T)
    errors = answers * share[:, :, None] * share[:, None, :]
    names = {name: [f"{name}{i}" for i in range(ITEMS)] for name in CONSTRUCTS}
    columns = [item for some in names.values() for item in some]
    keys = {"organisation": [f"o{i}" for i in organisation], "unit": range(count), "wave": "1"}
    frame = pd.concat([pd.DataFrame(keys), pd.DataFrame(50 + 5 * items, columns=columns)], axis=1)
    known = sem.ErrorCovariance(tuple(columns), 25 * errors, frame[list(keys)])
    chain = CHAIN if shortcut else WITHOUT
    return ChainData(chain, names, Level.UNITS, frame, known)


def _constructs(
    count: int, links: dict[tuple[str, str], float | np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Three constructs (count, 3) with these links, each with variance 1 at the mean links."""
    people, service, trust = rng.standard_normal((3, count))
    first, short, second = (links[ends] for ends in TRUE)
    mean = TRUE | {("people", "trust"): float(np.mean(short))}
    a, c, b = mean.values()
    service = first * people + np.sqrt(1 - a**2) * service
    trust = short * people + second * service + np.sqrt(1 - b**2 - c**2 - 2 * a * b * c) * trust
    return np.column_stack([people, service, trust])


def of_fit(data: ChainData) -> tuple[pd.DataFrame, str]:
    """The direct links of a fit, and why they may not be used, or ""."""
    try:
        fit = fit_chain(data)
        return links(fit), why_no_links(fit) or ""
    except ModelError as error:
        return pd.DataFrame(), str(error)


def of_pages(data: ChainData) -> tuple[pd.DataFrame, str]:
    """The mean links that pages publish, and why they publish none, or ""."""
    found = organisation_links(data, list(data.frame["organisation"].unique()))
    return found.mean, found.reason


def found(design: Design, number: int) -> list[dict[str, object]]:
    """What every way finds in one study, a row a link."""
    warnings.simplefilter("ignore")
    seed = [number, design.organisations, round(100 * design.icc), design.levels == "related"]
    rng = np.random.default_rng([*seed, round(100 * design.tau)])
    data = study(design, rng)
    within = data.scored().within()
    ways: tuple[tuple[Callable[[ChainData], tuple[pd.DataFrame, str]], ChainData], ...]
    ways = ((of_fit, data), (of_fit, within), (of_pages, data))
    rows: list[dict[str, object]] = []
    for way, (call, rows_of) in zip(WAYS, ways, strict=True):
        began = time.process_time()
        table, reason = call(rows_of)
        spent = time.process_time() - began
        for ends, true in TRUE.items():
            row = {"way": way, "link": " → ".join(ends), "true": true, "seconds": spent}
            if not reason:
                own = table.set_index(["from", "to", "effect"]).loc[(*ends, "direct")]
                row |= own[["strength", "lower", "upper"]].to_dict()
            rows.append(row)
    tested = study(design, rng, shortcut=False).scored().within()
    try:
        fit = fit_chain(tested)
        usable = not why_no_links(fit)
        pvalue = fit_test(fit).pvalue if usable else np.nan
    except ModelError:
        pvalue = np.nan
    return [row | {"pvalue": pvalue} for row in rows]


def summarised(design: Design, results: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of numbers of one design, one a way."""
    table = results.assign(
        covered=(results["lower"] <= results["true"]) & (results["true"] <= results["upper"]),
        published=results["strength"].notna(),
        gap=results["strength"] - results["true"],
    )
    rows = []
    for way in WAYS:
        own = table[table["way"] == way]
        told = own[own["published"]]
        by_link = told.groupby("link", sort=False)
        rows.append(
            {
                **{name: getattr(design, name) for name in DESIGN},
                "way": way,
                "published": own["published"].mean(),
                "bias": by_link["gap"].median().to_list(),
                "covered": by_link["covered"].mean().to_list(),
                "width": (told["upper"] - told["lower"]).median(),
                "seconds": own["seconds"].mean(),
                "rejected": (own["pvalue"].dropna() < 0.05).mean(),
            }
        )
    return rows


TEXT = """\
# Links of all organisations together

Made by `benchmarks/within.py`, which describes the simulated studies: {studies} a
design. *Items, units as one* is the model of all items between all units,
whatever their organisation. *study.fit* is the default: one score a construct with known errors,
compared within organisations, errors clustered by organisation, t with as many degrees of freedom
as organisations less one. *Pages* is the mean link of the hierarchical model
(`HIERARCHY.md`) that pages lead with.

*Published* is the share of studies with usable links, *bias* the median estimate less the truth and
*coverage* the share of 95 % intervals that hold it, each for people → service, people → trust and
service → trust. *Rejected* is the share of tests below .05 of the true model without
people → trust.

"""
HEADS = ["organisations", "units each", "ICC", "levels", "tau", "way", "published", "bias"]
HEADS += ["coverage", "median width", "rejected", "seconds"]


def report(rows: list[dict[str, object]], studies: int) -> str:
    """Write the table as Markdown."""
    lines = [f"| {' | '.join(HEADS)} |", f"|{' --- |' * len(HEADS)}"]
    for row in rows:
        cells = [
            *(str(row[name]) for name in [*DESIGN, "way"]),
            f"{row['published']:.1%}",
            ", ".join(f"{value:+.3f}" for value in row["bias"]),  # type: ignore[attr-defined]
            ", ".join(f"{value:.1%}" for value in row["covered"]),  # type: ignore[attr-defined]
            f"{row['width']:.2f}",
            f"{row['rejected']:.1%}" if row["way"] == "study.fit" else "",
            f"{row['seconds']:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return TEXT.format(studies=studies) + "\n".join(lines) + "\n"


def main() -> None:
    """Write WITHIN.md."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rows: list[dict[str, object]] = []
    with ProcessPoolExecutor(2) as workers:
        for design in designs():
            results = workers.map(partial(found, design), range(studies), chunksize=5)
            rows += summarised(design, pd.DataFrame([row for some in results for row in some]))
            for row in rows[-len(WAYS) :]:
                print(row, flush=True)
            Path(__file__).with_name("WITHIN.md").write_text(report(rows, studies), "utf-8")


if __name__ == "__main__":
    main()
