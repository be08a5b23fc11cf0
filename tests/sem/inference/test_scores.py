"""Factor scores against lavPredict()."""

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.sem.inference.scores import factor_scores


def rows_of(case, data):
    return [
        data.iloc[np.array(index) - 1][case.observed].to_numpy(float)
        for index in ([case.case_index] if case.groups == 1 else case.case_index.values())
    ]


def means_of(rows):
    return np.stack([np.nanmean(block, axis=0) for block in rows])


@pytest.mark.parametrize("method", ["regression", "bartlett"])
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("hs", "hs"),
        ("pd", "pd"),
        ("group_ml_scalar", "hs"),
        ("fiml", "hs_missing"),
        ("fiml_mimic", "hs_missing"),
        ("mimic", "hs"),
        ("hs_second_order", "hs"),
    ],
)
def test_scores_are_lavaans(inference_case, inference_data, name, file, method):
    case = inference_case(name)
    rows = rows_of(case, inference_data(file))
    found = factor_scores(case.layout, case.theta, rows, means_of(rows), method, case.exo)
    expected_scores = getattr(case, f"scores_{method}")
    if case.groups > 1:
        expected_scores = [expected_scores[label] for label in case.group_labels]
    for own, expected in zip(found, expected_scores, strict=True):
        expected = np.array(expected, float)
        # For a latent variable without items lavaan writes 0 where there is nothing to know.
        expected[:, np.isnan(own).all(axis=0)] = np.nan
        np.testing.assert_allclose(own, expected, atol=1e-5)


def test_only_a_second_order_factor_has_no_bartlett_scores(inference_case, inference_data):
    case = inference_case("hs_second_order")
    rows = rows_of(case, inference_data("hs"))
    found = factor_scores(case.layout, case.theta, rows, means_of(rows), "bartlett")[0]
    assert np.isnan(found).all(axis=0).tolist() == [False, False, False, True]


def test_a_row_without_answers_has_no_scores(inference_case):
    case = inference_case("fiml")
    rows = np.full((2, 9), np.nan)
    rows[1, :3] = 5.0
    regression = factor_scores(case.layout, case.theta, [rows], np.zeros((1, 9)))[0]
    assert np.isnan(regression[0]).all()
    assert np.isfinite(regression[1]).all()
    bartlett = factor_scores(case.layout, case.theta, [rows], np.zeros((1, 9)), "bartlett")[0]
    assert np.isfinite(bartlett[1, 0])
    assert np.isnan(bartlett[1, 1:]).all()


def test_unknown_method_is_refused(inference_case):
    case = inference_case("hs")
    with pytest.raises(ModelError, match="'regression' or 'bartlett'"):
        factor_scores(case.layout, case.theta, [np.zeros((1, 9))], np.zeros((1, 9)), "anderson")
