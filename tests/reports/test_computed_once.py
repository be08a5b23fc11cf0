"""Every model is fitted once for all pages of a batch that are about one wave."""

import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench import reports, sem
from workbench.chain import open_study, organisations
from workbench.reports.shared import compute
from workbench.simulation import load_population, simulate


def show(page: Any) -> None:
    """Show every section of a page."""
    for name, section in inspect.getmembers(page, inspect.ismethod):
        if not name.startswith("_"):
            section()


def fingerprint(data: pd.DataFrame) -> int:
    return int(pd.util.hash_pandas_object(data.select_dtypes("number"), index=False).sum())


def test_no_model_is_fitted_twice_for_the_pages_of_a_wave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: Counter[tuple[Any, ...]] = Counter()
    fit, hierarchical = sem.fit, organisations.hierarchical_links

    def counted_fit(model: str, data: pd.DataFrame, **options: Any) -> Any:
        plain = {name: value for name, value in options.items() if name != "error"}
        known = options.get("error")
        errors = 0.0 if known is None else known.matrices.sum()
        fitted[model, fingerprint(data), errors, str(sorted(plain.items()))] += 1
        return fit(model, data, **options)

    def counted_links(rows: Any, structure: Any, effects: Any = ()) -> Any:
        fitted[structure, rows.scores.sum(), rows.errors.sum()] += 1
        return hierarchical(rows, structure, effects)

    monkeypatch.setattr(sem, "fit", counted_fit)
    monkeypatch.setattr(organisations, "hierarchical_links", counted_links)
    study = open_study(simulate(tmp_path / "s", 1, load_population().larger(4, 12, 12, 2)))
    shared = compute(study)
    assert shared.linked
    assert "leadership-chain" not in {**shared.chains, **shared.linked}
    for chain in [*shared.chains, *shared.linked, "leadership-chain"]:
        show(reports.chain_report(study, chain, shared=shared))
    show(reports.drivers_report(study, shared=shared))
    show(reports.benchmark_report(study, shared=shared))
    show(reports.measurement_report(study, shared=shared))
    show(reports.organisation_report(study, "Organisation 2", shared=shared))
    assert len(fitted) > 10
    twice = [model for model, times in fitted.items() if times > 1]
    assert not twice
