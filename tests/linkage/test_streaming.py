"""Streamed moments against the same moments of the rows in memory."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import linkage, sem
from workbench.errors import StudyError, UnknownNameError
from workbench.linkage import streaming
from workbench.study import Codebook

ITEMS = ["q1", "q2", "q3"]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    generator = np.random.default_rng(11)
    common = generator.standard_normal((2_000, 1))
    values = np.clip(np.rint(3 + 0.8 * (common + generator.standard_normal((2_000, 3)))), 1, 5)
    values[generator.random(values.shape) < 0.05] = np.nan
    frame = pd.DataFrame(values, columns=ITEMS)
    frame["organisation"] = np.array(["B", "A", "Ça"])[generator.integers(3, size=2_000)]
    frame["wave"] = generator.integers(2023, 2025, size=2_000)
    frame["weight"] = np.where(generator.random(2_000) < 0.1, 0.0, generator.random(2_000))
    return frame


def expected(frame: pd.DataFrame, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = frame[ITEMS].to_numpy()
    mean = np.average(values, axis=0, weights=weight)
    return mean, np.cov(values.T, ddof=0, aweights=weight)


@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_moments_of_every_group(
    answers: pd.DataFrame, tmp_path: Path, weight: str | None, kind: str, monkeypatch
) -> None:
    monkeypatch.setattr(streaming, "BATCH", 300)
    files = [tmp_path / f"{i}.{kind}" for i in range(2)]
    for file, part in zip(files, (answers.iloc[:900], answers.iloc[900:]), strict=True):
        part.to_parquet(file) if kind == "parquet" else part.to_csv(file, index=False)
    found = linkage.streamed_moments(files, ITEMS, weight=weight)
    names = found.groups[["organisation", "wave"]].to_numpy().tolist()
    assert names == [[o, w] for o in ("A", "B", "Ça") for w in ("2023", "2024")]
    for g, (organisation, wave) in enumerate(names):
        own = answers[
            (answers["organisation"] == organisation) & (answers["wave"].astype(str) == wave)
        ]
        w = own["weight"].to_numpy() if weight else np.ones(len(own))
        used = own[ITEMS].notna().all(axis=1).to_numpy() & (w > 0)
        mean, cov = expected(own[used], w[used])
        np.testing.assert_allclose(found.mean[g], mean, rtol=1e-12)
        np.testing.assert_allclose(found.cov[g], cov, atol=1e-12)
        row = found.groups.iloc[g]
        assert (row["rows"], row["left_out"]) == (used.sum(), (~used).sum())
        assert row["weight"] == pytest.approx(w[used].sum())


def test_groups_pooled_are_all_rows(answers: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    answers.to_parquet(file)
    whole = linkage.streamed_moments(file, ITEMS, by=())
    pooled = linkage.streamed_moments(file, ITEMS).pooled()
    np.testing.assert_allclose(pooled.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(pooled.cov, whole.cov, rtol=1e-12)
    assert pooled.groups["rows"].tolist() == whole.groups["rows"].tolist()


def test_far_from_zero_no_digit_is_lost(tmp_path: Path) -> None:
    values = 1e9 + np.random.default_rng(3).integers(0, 7, (500, 1)).astype(float)
    file = tmp_path / "a.parquet"
    pd.DataFrame(values, columns=["q1"]).to_parquet(file)
    found = linkage.streamed_moments(file, ["q1"], by=())
    assert found.cov[0, 0, 0] == pytest.approx(np.var(values - 1e9), rel=1e-12)


def test_the_codebook_says_what_is_missing_and_reversed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("organisation,q1,q2\nA,1,5\nA,9,2\nA,4,refused\nA,5,1\nA,7,3\n")
    codebook = Codebook(
        pd.DataFrame(
            {
                "item": ["q1", "q2"],
                "source": "clients",
                "construct": "service",
                "wording": "",
                "low": 1.0,
                "high": 5.0,
                "reversed": [False, True],
                "missing": [(9.0,), ("refused",)],
            }
        )
    )
    found = linkage.streamed_moments(
        tmp_path / "a.csv", ["q1", "q2"], by=("organisation",), codebook=codebook
    )
    # Left: (1, 6 - 5) and (5, 6 - 1).
    np.testing.assert_allclose(found.mean[0], [3, 3])
    np.testing.assert_allclose(found.cov[0], [[4, 4], [4, 4]])
    assert found.groups.iloc[0][["rows", "left_out"]].tolist() == [2, 3]


def test_a_group_without_complete_rows_is_there_and_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("organisation,q1,q2\nA,1,\nA,2,\nB,1,2\nB,2,1\n,3,3\n")
    found = linkage.streamed_moments(tmp_path / "a.csv", ["q1", "q2"], by=("organisation",))
    assert found.groups["organisation"].tolist() == ["", "A", "B"]
    assert found.groups["left_out"].tolist() == [0, 2, 0]
    assert np.isnan(found.mean[1]).all()
    assert found.pooled().groups["rows"].tolist() == [3]


def test_a_model_is_fitted_to_streamed_moments(answers: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    answers.to_parquet(file)
    found = linkage.streamed_moments(file, ITEMS, by=())
    cov = pd.DataFrame(found.cov[0], index=ITEMS, columns=ITEMS)
    streamed = sem.fit_moments(
        "f =~ q1 + q2 + q3", int(found.groups["rows"][0]), cov, divisor="n"
    ).estimates
    rows = sem.fit("f =~ q1 + q2 + q3", answers).estimates
    np.testing.assert_allclose(streamed["est"], rows["est"], rtol=1e-8)
    np.testing.assert_allclose(streamed["se"], rows["se"], rtol=1e-8)


def test_what_cannot_be_streamed_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("organisation,q1\nA,1\nA,x\n")
    with pytest.raises(StudyError, match="no such file"):
        linkage.streamed_moments(tmp_path / "b.csv", ["q1"])
    (tmp_path / "a.sav").write_text("")
    with pytest.raises(StudyError, match=r"type \.sav cannot be streamed"):
        linkage.streamed_moments(tmp_path / "a.sav", ["q1"])
    with pytest.raises(UnknownNameError, match=r"no column 'q2'\. Did you mean 'q1'"):
        linkage.streamed_moments(tmp_path / "a.csv", ["q2"], by=())
    with pytest.raises(StudyError, match="correct the file or the column"):
        linkage.streamed_moments(tmp_path / "a.csv", ["q1"], by=())
    with pytest.raises(StudyError, match="No file was given"):
        linkage.streamed_moments([], ["q1"])
