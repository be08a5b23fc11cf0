"""Errors of unit means over waves, where the same respondents answer again; reckoned by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench import linkage
from workbench.study import ALL_WAVES, Study, open_study


def again(folder: Path, rows: list[tuple[object, ...]]) -> Study:
    """A study of respondents: id, unit, wave, p1, p2 and perhaps the weight."""
    table = pd.DataFrame(
        [(*row, 1)[:6] for row in rows], columns=["id", "unit", "wave", "p1", "p2", "weight"]
    )
    table.insert(0, "organisation", "A")
    write_study(
        folder,
        {"employees": table},
        {"employees": {"people": ["p1", "p2"]}},
        chain="public-sector-service-value-chain",
        scale=(-1000, 1000),
        settings={"minimum_count": 1},
        sources={"employees": {"id": "id", "weight": "weight"}},
    )
    return open_study(folder)


def over_waves(
    study: Study, waves: tuple[str, ...] = ("1", "2")
) -> tuple[np.ndarray, tuple[linkage.Repeated, ...]]:
    """The errors of p1 and p2 at every wave, as one matrix for each unit, and who links them."""
    error, repeated = errors(study, waves)
    wave, item = np.divmod(np.arange(2 * len(waves)), 2)
    return error.among(item, wave), repeated


def errors(
    study: Study, waves: tuple[str, ...]
) -> tuple[linkage.ErrorOverWaves, tuple[linkage.Repeated, ...]]:
    means = linkage.unit_means_with_error(study, ["p1", "p2"], ALL_WAVES)
    places = pd.MultiIndex.from_frame(means.frame[["organisation", "unit"]].drop_duplicates())
    return linkage.error_over_waves(study, means, waves, places)


TWO_OF_THREE = [
    ("P", "u1", 1, 1, 7), ("Q", "u1", 1, 3, 7), ("R", "u1", 1, 5, 7),
    ("P", "u1", 2, 2, 7), ("Q", "u1", 2, 4, 7), ("S", "u1", 2, 6, 7),
]  # fmt: skip


def test_two_of_three_answer_again(tmp_path: Path) -> None:
    matrices, (repeated,) = over_waves(again(tmp_path, TWO_OF_THREE))
    # p1: deviations of P (−2, −2), of Q (0, 0); 1 − 1/3 − 1/3 + 2/9 = 5/9 of W is left in each.
    shared = 4 / (2 * 5 / 9)
    assert matrices.shape == (1, 4, 4)
    assert matrices[0, 0, 2] == matrices[0, 2, 0] == pytest.approx(shared * 2 / 9)
    # W within is (8 + 8) / 4, over three respondents.
    assert matrices[0, 0, 0] == matrices[0, 2, 2] == pytest.approx(4 / 3)
    assert (repeated.source, repeated.respondents) == ("employees", 2)
    assert repeated.correlation == pytest.approx(shared / 4)
    assert np.linalg.eigvalsh(matrices[0])[0] > -1e-12


@pytest.mark.parametrize("supposed", [(False, False), (True, False), (True, True)])
def test_sums_over_units_are_those_of_their_matrices(
    tmp_path: Path, supposed: tuple[bool, bool]
) -> None:
    second = [(*row[:1], "u2", row[2], row[3] ** 2, row[4] + row[3]) for row in TWO_OF_THREE]
    study = again(tmp_path, [*TWO_OF_THREE, *second, ("P", "u1", 3, 4, 2), ("Q", "u1", 3, 1, 9)])
    error, repeated = errors(study, ("1", "2", "3"))
    assert repeated
    error = error.supposing(np.array(supposed), 0.4)
    there = np.ones((2, 3, 2), dtype=bool)
    there[0, 1, 0] = there[1, 2] = False
    wave, item = np.divmod(np.arange(6), 2)
    counted = there.reshape(2, 6).astype(float)
    expected = np.einsum("ua,ub,uab->ab", counted, counted, error.among(item, wave))
    assert np.count_nonzero(expected) > 6
    found = error.summed(np.arange(2), there).reshape(6, 6)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_same_id_in_another_unit_is_no_link_of_a_unit(tmp_path: Path) -> None:
    moved = [(*row[:1], "u2", *row[2:]) if row[2] == 2 else row for row in TWO_OF_THREE]
    matrices, repeated = over_waves(again(tmp_path, moved))
    assert repeated == ()
    assert not matrices[:, :2, 2:].any()


def test_ids_that_never_come_again_are_not_kept(tmp_path: Path) -> None:
    study = again(tmp_path, [(f"{row[0]}{row[2]}", *row[1:]) for row in TWO_OF_THREE])
    assert "respondent" not in study.answers("employees")
    matrices, repeated = over_waves(study)
    assert repeated == ()
    assert matrices[0, 0, 0] == pytest.approx(4 / 3)


def test_a_blank_id_is_nobody(tmp_path: Path) -> None:
    rows = [("" if row[0] == "Q" else row[0], *row[1:]) for row in TWO_OF_THREE]
    assert again(tmp_path, rows).answers("employees")["respondent"].tolist() == [
        0,
        -1,
        -1,
        0,
        -1,
        -1,
    ]


def drawn(correlation: float, linked: bool) -> list[tuple[object, ...]]:
    """Fifteen people in each of 300 units, ten of them in both waves, some answers missing."""
    rng = np.random.default_rng(5)
    rows: list[tuple[object, ...]] = []
    for unit in range(300):
        lasting = rng.normal(0, np.sqrt(correlation), (20, 2))
        for wave in (1, 2):
            here = range(15) if wave == 1 else range(5, 20)
            level = rng.normal(50, 2, 2)
            for person in here:
                own = level + 10 * (lasting[person] + rng.normal(0, np.sqrt(1 - correlation), 2))
                name = f"{unit}-{person if linked else rng.permutation(20)[0]}"
                weight = 1 + person % 3
                rows.append((name, f"u{unit}", wave, *own, weight))
    table = pd.DataFrame(rows).drop_duplicates([0, 2])
    table.loc[rng.random(len(table)) < 0.2, 4] = np.nan
    return list(table.itertuples(index=False, name=None))


def test_the_covariance_of_repeated_answers_is_found(tmp_path: Path) -> None:
    matrices, (repeated,) = over_waves(again(tmp_path, drawn(0.6, linked=True)))
    assert repeated.correlation == pytest.approx(0.6, abs=0.03)
    assert repeated.respondents == 300 * 10
    # Weights 1 to 3 by turns: Σ w² / (Σ w)² of fifteen, ten of them in both.
    share = sum((1 + p % 3) ** 2 for p in range(5, 15)) / 30**2
    np.testing.assert_allclose(matrices[:, 0, 2].mean(), 60 * share, rtol=0.08)
    assert np.linalg.eigvalsh(matrices)[:, 0].min() > -1e-9


def test_ids_given_anew_in_every_wave_do_no_harm(tmp_path: Path) -> None:
    _, (repeated,) = over_waves(again(tmp_path, drawn(0.0, linked=False)))
    assert repeated.correlation == pytest.approx(0.0, abs=0.05)
