"""Sentences on organisations' estimates, pooled."""

from workbench.interpretation import pooled_in_words

SUMMARY = {
    "organisations": 3,
    "without_estimate": 0,
    "estimate": 0.3,
    "se": 0.05,
    "lower": 0.2,
    "upper": 0.4,
    "tau": 0.1,
    "tau_lower": 0.0,
    "tau_upper": 0.25,
    "i2": 52.3,
    "prediction_lower": -0.08,
    "prediction_upper": 0.68,
}


def told(narrow=False, **other):
    return pooled_in_words(SUMMARY | other, narrow)


def test_several_organisations():
    assert told() == (
        "Over 3 organisations the mean is 0.300 (95% interval 0.200 to 0.400); they differ from "
        "each other by a standard deviation of 0.100 (0.000 to 0.250), and 52% of the variation of "
        "their estimates is not sampling error (I²). Another organisation would probably be at "
        "−0.080 to 0.680."
    )


def test_cautions_follow():
    two = told(organisations=2)
    assert two.endswith("Two organisations are too few to estimate how much organisations differ.")
    assert told(narrow=True).endswith("which is based on their spread, may be too narrow.")
    one = told(without_estimate=1)
    assert one.endswith("1 had no usable estimate and gets this prediction.")
    assert told(without_estimate=3).endswith("3 had no usable estimate and get this prediction.")


def test_one_organisation_and_none():
    assert told(organisations=1) == (
        "Only one organisation has an estimate, 0.300 (95% interval 0.200 to 0.400), so nothing "
        "can be said about other organisations."
    )
    assert told(organisations=0).startswith("No organisation has an estimate with a standard error")


def test_two_digits_of_the_error_decide_on_the_decimals():
    assert "the mean is 62 (95% interval 57 to 67)" in told(
        estimate=62.4, se=12.0, lower=57.0, upper=67.0
    )
