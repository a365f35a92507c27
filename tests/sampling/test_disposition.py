"""Outcome rates: AAPOR's formulae with published numbers, the laws between them, and what is no response rate."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.disposition import (
    CODES,
    Disposition,
    DispositionCounts,
    Mode,
    OutcomeRates,
    Participation,
    count_dispositions,
    dispositions,
    eligible_share,
    outcome_rates,
    participation,
    weighting_outcomes,
)
from sampling.faults import SamplingError

RATES = [
    field.name
    for field in dataclasses.fields(OutcomeRates)
    if field.name not in {"counts", "e", "e_estimated", "weighted"}
]


# R outcomerate 1.0.1 (checked against AAPOR's Outcome Rate Calculator 4.0): vignette "Intro to outcomerate",
# outcomerate(c(I = 760, P = 339, R = 59, NC = 288, O = 1, UO = 173, NE = 71), e = eligibility_rate(...)), as printed
PRINTED = {
    "rr1": 0.46913580,
    "rr2": 0.67839506,
    "rr3": 0.47149080,
    "rr4": 0.68180052,
    "rr5": 0.52522460,
    "rr6": 0.75950242,
    "coop1": 0.65573770,
    "coop2": 0.94823123,
    "coop3": 0.65630397,
    "coop4": 0.94905009,
    "ref1": 0.03641975,
    "ref2": 0.03660258,
    "ref3": 0.04077402,
    "con1": 0.71543210,
    "con2": 0.71902347,
    "con3": 0.80096752,
}
# the same package, README: 12 people, e estimated
README = "0.364 0.545 0.370 0.556 0.444 0.667 0.500 0.750 0.571 0.857 0.091 0.093 0.111 0.727 0.741 0.889"


def test_rates_are_the_published_ones():
    rates = outcome_rates({"I": 760, "P": 339, "R": 59, "NC": 288, "O": 1, "UO": 173, "NE": 71})
    assert {name: getattr(rates, name) for name in PRINTED} == pytest.approx(PRINTED, abs=5e-9)
    assert set(PRINTED) == set(RATES)
    assert rates.e_estimated
    twelve = outcome_rates({"I": 4, "P": 2, "R": 1, "NC": 1, "O": 1, "UH": 1, "UO": 1, "NE": 1})
    assert [getattr(twelve, name) for name in RATES] == pytest.approx([float(n) for n in README.split()], abs=5e-4)
    assert twelve.e["UH"] == pytest.approx(9 / 10)


def test_the_tenth_edition_counts_unknown_respondents_apart():
    """Counts and fractions worked by hand from the formulae of the 10th edition, with UR (code 3.20)."""
    rates = outcome_rates({"I": 10, "P": 2, "R": 3, "NC": 4, "O": 1, "UH": 5, "UR": 7, "UO": 6, "NE": 8}, e=0.4)
    expected = [10 / 38, 12 / 38, 10 / 27.2, 12 / 27.2, 10 / 20, 12 / 20, 10 / 16, 12 / 16, 10 / 15, 12 / 15]
    expected += [3 / 38, 3 / 27.2, 3 / 20, 16 / 38, 16 / 27.2, 16 / 20]
    assert [getattr(rates, name) for name in RATES] == pytest.approx(expected)
    apart = outcome_rates(rates.counts, e={"UH": 0.4, "UR": 0.7, "UO": 0.2})
    assert apart.rr3 == pytest.approx(10 / (20 + 2 + 4.9 + 1.2))


counts_of_anything = st.builds(
    DispositionCounts, **{group.lower(): st.integers(0, 500) for group in Disposition}
).filter(lambda counts: counts.known_eligible > 0)


@settings(max_examples=100, deadline=None)
@given(counts=counts_of_anything, e=st.floats(0, 1))
def test_laws_between_the_rates(counts: DispositionCounts, e: float):
    rates = outcome_rates(counts, e=e)
    for complete, usable in (("rr1", "rr2"), ("rr3", "rr4"), ("rr5", "rr6")):
        assert getattr(rates, complete) <= getattr(rates, usable)
    for family in (("rr1", "rr3", "rr5"), ("rr2", "rr4", "rr6"), ("ref1", "ref2", "ref3"), ("con1", "con2", "con3")):
        least, middle, greatest = (getattr(rates, name) for name in family)
        assert least <= middle * (1 + 1e-12)
        assert middle <= greatest * (1 + 1e-12)
    assert rates.con3 == pytest.approx(rates.rr6 + rates.ref3 + counts.o / counts.known_eligible)
    if not math.isnan(rates.coop2):
        assert rates.con1 * rates.coop2 == pytest.approx(rates.rr2)
    values = [getattr(rates, name) for name in RATES]
    assert all(math.isnan(value) or 0 <= value <= 1 for value in values)


@settings(max_examples=50, deadline=None)
@given(counts=counts_of_anything)
def test_e_of_one_and_none_are_the_outer_rates(counts: DispositionCounts):
    none, everyone = outcome_rates(counts, e=0), outcome_rates(counts, e=1)
    assert (none.rr3, none.rr4, none.ref2, none.con2) == (none.rr5, none.rr6, none.ref3, none.con3)
    assert (everyone.rr3, everyone.rr4, everyone.ref2) == pytest.approx((everyone.rr1, everyone.rr2, everyone.ref1))


@settings(max_examples=50, deadline=None)
@given(
    groups=st.lists(st.sampled_from(list(Disposition)), min_size=1, max_size=40),
    factor=st.floats(0.1, 10),
    seed=st.integers(0, 2**32),
)
def test_equal_weights_change_no_rate_and_the_order_of_cases_neither(groups: list, factor: float, seed: int):
    column = np.asarray([group.value for group in groups], dtype=object)
    plain = count_dispositions(column)
    weighed = count_dispositions(np.random.default_rng(seed).permutation(column), np.full(len(groups), factor))
    one, two = outcome_rates(plain, e=0.5), outcome_rates(weighed, e=0.5, weighted=True)
    for name in RATES:
        assert getattr(one, name) == pytest.approx(getattr(two, name), nan_ok=True)
    assert two.weighted


def test_weighted_rates_count_people_not_cases():
    counts = count_dispositions(["I", "R", "I"], [3, 6, 1])
    assert outcome_rates(counts, weighted=True).rr1 == pytest.approx(0.4)
    assert eligible_share(counts) == 1


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("1.1", "I"),
        (1.2, "P"),
        ("1.10", "I"),
        ("2.111", "R"),
        (2.12, "R"),
        (2.1, "R"),
        ("2.26", "NC"),
        ("2.331", "O"),
        ("3.11", "UH"),
        ("3.19", "UH"),
        ("3.21", "UR"),
        (3.9, "UO"),
        ("3.40", "UO"),
        ("4.90", "NE"),
        ("NC", "NC"),
        (" I ", "I"),
    ],
)
def test_codes_belong_to_the_groups_of_the_formulae(code, group: str):
    assert dispositions([code]) == [group]


@pytest.mark.parametrize("code", [*CODES, *Disposition])
def test_every_code_of_the_table_has_a_group_and_an_outcome(code: str):
    assert dispositions([code])[0] in list(Disposition)
    assert weighting_outcomes([code])[0] in {"respondent", "nonrespondent", "ineligible", "unknown"}


@pytest.mark.parametrize("codes", [["5.1"], ["1.3"], [""], [None], [np.nan], ["refused"], ["1"], [2], ["2.1x"]])
def test_codes_that_are_none_are_refused(codes: list):
    with pytest.raises(SamplingError, match="dispositions that are not known"):
        dispositions(pd.Series(codes, dtype=object))


def test_codes_of_another_mode_are_refused():
    assert dispositions(["4.60"], mode=Mode.IN_PERSON) == ["NE"]
    with pytest.raises(SamplingError, match=r"not known: 4.60 \(mode: web\)"):
        dispositions(["4.60"], mode=Mode.WEB)
    with pytest.raises(SamplingError, match="not known: 3"):
        dispositions(["3.30"], mode=Mode.IN_PERSON)


def test_partial_interviews_are_respondents_of_the_weighting():
    assert list(weighting_outcomes(["1.1", "1.2", "2.11", "3.19", "4.10"])) == [
        "respondent",
        "respondent",
        "nonrespondent",
        "unknown",
        "ineligible",
    ]


@pytest.mark.parametrize(
    ("counts", "e", "message"),
    [
        ({"I": 0}, None, "counts must be zero or more, and not all zero"),
        ({"I": -1, "R": 3}, None, "I -1"),
        ({"I": float("nan")}, None, "I nan"),
        ({"X": 1}, None, "not known: X"),
        ({"I": 1}, 1.5, "e must be from 0 to 1"),
        ({"I": 1}, float("nan"), "e must be from 0 to 1"),
        ({"I": 1}, {"UH": 0.5}, "e must be from 0 to 1"),
        ({"UO": 4}, None, "e cannot be estimated; give e"),
    ],
)
def test_counts_and_shares_that_make_no_rate_are_refused(counts: dict, e, message: str):
    with pytest.raises(SamplingError, match=message):
        outcome_rates(counts, e=e)


@pytest.mark.parametrize("row_weights", [[-1, 1], [0, 0], [np.nan, 1], [1]])
def test_weights_of_rates_are_looked_at(row_weights: list):
    with pytest.raises(SamplingError):
        count_dispositions(["I", "R"], row_weights)
    with pytest.raises(SamplingError, match="no row"):
        count_dispositions([])


def test_a_rate_without_a_base_is_not_a_number():
    rates = outcome_rates({"NC": 5, "UO": 2})
    assert rates.rr1 == 0
    assert math.isnan(rates.coop1)


def test_participation_is_no_response_rate():
    shown = participation(landed=400, completed=100)
    assert shown.participation_rate == 0.25
    named = {field.name for field in dataclasses.fields(Participation)}
    assert not named & {field.name for field in dataclasses.fields(OutcomeRates)}
    assert not isinstance(shown, OutcomeRates)


@pytest.mark.parametrize(("landed", "completed"), [(0, 0), (3, 4), (5, -1)])
def test_participation_needs_visits(landed: int, completed: int):
    with pytest.raises(SamplingError, match="ballots of"):
        participation(landed=landed, completed=completed)
