"""How many people must answer and be asked: R's numbers, the laws a size obeys, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from sampling import messages, messages_size
from sampling.faults import SamplingError
from sampling.size import (
    Conditions,
    completes_by_domain,
    completes_for_mean,
    completes_for_proportion,
    completes_for_proportion_wilson,
    margin_of_mean,
    margin_of_proportion,
    wilson_margin,
    yamane,
)

REFERENCES = Path(__file__).parents[1] / "references"
PRACTOOLS = json.loads((REFERENCES / "practools.json").read_text("utf-8"))["refs"]
MORE = json.loads((REFERENCES / "sample_size.json").read_text("utf-8"))["refs"]
LAST_DIGIT = {"rel": 1e-12}

shares = st.floats(0.01, 0.99)
margins = st.floats(0.005, 0.3)
populations = st.one_of(st.none(), st.integers(1, 10**7))
deffs = st.floats(0.3, 10)
rates = st.floats(0.05, 1)


def practools(name: str):
    return PRACTOOLS[name]["value"]


def more(name: str):
    return MORE[name]["value"]


# --- outside references ----------------------------------------------------------------------------------------------


def test_proportions_are_those_of_practools():
    thousand = Conditions(population=1000)
    assert completes_for_proportion(p=0.01, cv=0.05).completes_exact == pytest.approx(
        practools("nProp.a"), **LAST_DIGIT
    )
    by_se = completes_for_proportion(se=0.05 / 1.96, under=thousand)
    assert by_se.completes_exact == pytest.approx(practools("nProp.fpc"), **LAST_DIGIT)
    by_margin = completes_for_proportion(margin=0.05, under=thousand)
    assert by_margin.completes_exact == pytest.approx(practools("nPropMoe.fpc"), **LAST_DIGIT)
    relative = completes_for_proportion(p=0.3, relative_margin=0.1, under=Conditions(confidence=0.99, population=5000))
    assert relative.completes_exact == pytest.approx(more("nPropMoe.relative"), **LAST_DIGIT)
    points = [completes_for_proportion(margin=e / 100).n_completes for e in range(1, 9)]
    assert points == more("nPropMoe.points")


def test_a_finite_population_counts_as_in_cochran_and_the_short_formula_is_that_of_a_mean():
    thousand = Conditions(population=1000)
    assert round(completes_for_proportion(margin=0.05, under=thousand).completes_exact, 3) == 277.733
    assert round(completes_for_mean(sd=0.5, margin=0.05, under=thousand).completes_exact, 3) == 277.533
    # Cochran (1977), s. 4.4, p. 76: 400 of an infinite population are 356 of 3200
    cochran = completes_for_proportion(se=0.025, under=Conditions(population=3200))
    assert cochran.completes_exact == pytest.approx(practools("cochran.fpc.3200"), **LAST_DIGIT)


def test_means_are_those_of_practools():
    assert completes_for_mean(unit_cv=2, cv=0.05).n_completes == practools("nCont.1600")
    small = completes_for_mean(unit_cv=2, cv=0.05, under=Conditions(population=500))
    assert small.completes_exact == pytest.approx(practools("nCont.381"), **LAST_DIGIT)
    absolute = completes_for_mean(sd=1.2, margin=0.1, under=Conditions(population=3000))
    assert absolute.completes_exact == pytest.approx(more("nContMoe.absolute"), **LAST_DIGIT)
    relative = completes_for_mean(sd=7, mean=10, relative_margin=0.05, under=Conditions(confidence=0.9, population=800))
    assert relative.completes_exact == pytest.approx(more("nContMoe.relative"), **LAST_DIGIT)


def test_the_published_row_of_cvs_comes_out():
    # PracTools vignette "Sample size calculation in single-stage sampling", example 2
    published = [40000, 4445, 1600, 817, 494, 331, 237, 178, 139, 111, 91]
    sizes = [completes_for_mean(unit_cv=2, cv=round(0.01 + 0.02 * i, 2)).n_completes for i in range(11)]
    assert sizes == published


def test_wilson_sizes_are_those_of_practools():
    expected = practools("nWilson")
    found = completes_for_proportion_wilson(p=0.04, margin=0.01)
    assert found.size.completes_exact == pytest.approx(expected["n.sam"], **LAST_DIGIT)
    assert found.low == pytest.approx(expected["CI lower limit"], **LAST_DIGIT)
    assert found.high == pytest.approx(expected["CI upper limit"], **LAST_DIGIT)


@pytest.mark.parametrize(("successes", "n"), [(18, 20), (40, 1000), (1, 7)])
def test_the_wilson_margin_is_half_the_wilson_interval(successes: int, n: int):
    low, high = proportion_confint(successes, n, method="wilson")
    assert wilson_margin(n, p=successes / n) == pytest.approx((high - low) / 2, rel=1e-10)


def test_krejcie_and_morgan_are_this_formula_and_their_384_is_a_misprint():
    # Krejcie, Morgan (1970), Educational and Psychological Measurement 30, table 1
    table = {10: 10, 100: 80, 500: 217, 1000: 278, 5000: 357, 10000: 370, 75000: 382, 100000: 383}
    sizes = {n: completes_for_proportion(margin=0.05, under=Conditions(population=n)) for n in table}
    assert {n: round(size.completes_exact) for n, size in sizes.items()} == table


def test_yamane_is_shown_with_what_it_is_worth():
    found = yamane(1000, 0.05)
    assert found.exact == pytest.approx(practools("slovin.N1000.e05"), **LAST_DIGIT)
    assert found.n == 286
    assert found.margin < 0.05  # z = 2 is more than 95 % need
    clustered = yamane(1000, 0.05, under=Conditions(deff=2, response_rate=0.6))
    assert clustered.n == 286
    assert clustered.margin > 0.09


@given(population=st.integers(1, 10**8), margin=margins)
def test_yamane_is_z_two_at_half_and_the_short_formula(population: int, margin: float):
    at_two = Conditions(confidence=math.erf(math.sqrt(2)), population=population)
    short = completes_for_mean(sd=0.5, margin=margin, under=at_two)
    assert yamane(population, margin).exact == pytest.approx(short.completes_exact, rel=1e-9)


# --- laws ------------------------------------------------------------------------------------------------------------


@given(shares, margins, populations, deffs, rates, rates)
def test_never_more_than_there_are(p, margin, population, deff, response, eligible):
    under = Conditions(population=population, deff=deff, response_rate=response, eligibility_rate=eligible)
    size = completes_for_proportion(p=p, margin=margin, under=under)
    assert 1 <= size.n_completes <= (population or math.inf)
    assert size.n_completes <= size.n_invited <= math.ceil((population or math.inf) / eligible) if population else True
    assert size.n_completes - size.completes_exact < 1
    assert size.enough_people == (size.margin <= margin * (1 + 1e-7))


@given(shares, margins, st.integers(2, 10**7), deffs)
def test_the_inverse_gives_the_margin_back(p, margin, population, deff):
    under = Conditions(population=population, deff=deff)
    n = completes_for_proportion(p=p, margin=margin, under=under).completes_exact
    assert margin_of_proportion(n, p=p, under=under).margin == pytest.approx(margin, rel=1e-6)
    if margin < 0.5:
        wilson = completes_for_proportion_wilson(p=p, margin=margin, under=under).size.completes_exact
        assert wilson_margin(wilson, p=p, under=under) == pytest.approx(margin, rel=1e-6)


@given(st.floats(0.1, 50), st.floats(0.05, 20), populations, deffs)
def test_the_inverse_of_a_mean_gives_the_margin_back(sd, margin, population, deff):
    under = Conditions(population=population, deff=deff)
    n = completes_for_mean(sd=sd, margin=margin, under=under).completes_exact
    found = margin_of_mean(n, sd=sd, mean=2.0, under=under)
    assert found.margin == pytest.approx(margin, rel=1e-6)
    assert found.relative_margin == pytest.approx(margin / 2, rel=1e-6)
    assert found.cv * 2 == pytest.approx(found.se)


@given(shares, margins, populations, deffs, rates, st.floats(1.01, 3))
def test_more_is_needed_for_more(p, margin, population, deff, response, factor):
    def sized(margin=margin, deff=deff, response=response, confidence=0.95):
        under = Conditions(population=population, deff=deff, response_rate=response, confidence=confidence)
        return completes_for_proportion(p=p, margin=margin, under=under)

    base = sized()
    assert sized(margin=margin / factor).completes_exact >= base.completes_exact
    assert sized(deff=deff * factor).completes_exact >= base.completes_exact
    assert sized(confidence=0.99).completes_exact >= base.completes_exact
    assert sized(response=response / factor).n_invited >= base.n_invited
    assert sized(response=response / factor).n_completes == base.n_completes


@given(shares, margins)
def test_the_aims_say_the_same_in_their_own_words(p, margin):
    z = Conditions().z
    sizes = [
        completes_for_proportion(p=p, margin=margin),
        completes_for_proportion(p=p, relative_margin=margin / p),
        completes_for_proportion(p=p, cv=margin / p / z),
        completes_for_proportion(p=p, se=margin / z),
    ]
    assert np.ptp([size.completes_exact for size in sizes]) <= 1e-9 * sizes[0].completes_exact


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0.001, 1000))
def test_the_unit_of_a_mean_does_not_matter(sd, margin, unit):
    one = completes_for_mean(sd=sd, margin=margin).completes_exact
    assert completes_for_mean(sd=sd * unit, margin=margin * unit).completes_exact == pytest.approx(one, rel=1e-9)


def test_sizes_are_rounded_once():
    size = completes_for_proportion(margin=0.05, under=Conditions(response_rate=0.6))
    assert size.n_completes == 385
    assert size.n_invited == 641  # 384.15 / 0.6, where 385 / 0.6 would make it 642
    whole = completes_for_mean(unit_cv=2, cv=0.05, under=Conditions(response_rate=0.5))
    assert (whole.n_completes, whole.n_invited) == (1600, 3200)


def test_a_small_group_is_invited_whole_and_the_aim_is_said_to_be_missed():
    delegates = completes_for_proportion(margin=0.05, under=Conditions(population=95, response_rate=0.6))
    assert delegates.n_completes == 77
    assert delegates.n_invited == 95
    assert not delegates.enough_people
    assert delegates.margin == pytest.approx(margin_of_proportion(57, under=Conditions(population=95)).margin)


def test_everybody_leaves_no_margin():
    everybody = Conditions(population=40)
    assert margin_of_proportion(40, under=everybody).margin == 0
    assert margin_of_mean(40, sd=3, under=everybody).margin == 0
    assert wilson_margin(40, under=everybody) == 0
    one = completes_for_proportion(margin=0.05, under=Conditions(population=1))
    assert (one.n_completes, one.margin) == (1, 0)


# --- domains ---------------------------------------------------------------------------------------------------------


def test_each_domain_gets_its_own_size():
    found = completes_by_domain(
        {"phường": 1000, "xã": 3200, "đặc khu": 40}, p={"phường": 0.5, "xã": 0.5, "đặc khu": 0.9}, margin=0.05
    )
    assert found.by_domain["phường"].completes_exact == pytest.approx(practools("nPropMoe.fpc"))
    assert found.largest == "xã"
    assert found.n_completes == sum(size.n_completes for size in found.by_domain.values()) == 278 + 344 + 32
    assert found.proportional_exact == pytest.approx(found.by_domain["đặc khu"].completes_exact / 40 * 4240)


@given(st.lists(st.integers(2, 10**6), min_size=1, max_size=6), margins)
def test_one_domain_more_changes_no_other(people, margin):
    domains = {f"d{i}": n for i, n in enumerate(people)}
    apart = {name: completes_by_domain({name: n}, margin=margin).by_domain[name] for name, n in domains.items()}
    together = completes_by_domain(domains, margin=margin)
    assert together.by_domain == apart
    assert together.by_domain[together.largest].completes_exact == max(s.completes_exact for s in apart.values())
    assert together.proportional_exact >= together.by_domain[together.largest].completes_exact * (1 - 1e-9)


def test_domains_without_a_population_have_no_proportional_sample():
    found = completes_by_domain({"a": None, "b": 100}, margin=0.05)
    assert math.isnan(found.proportional_exact)
    assert found.largest == "a"


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: completes_for_proportion(margin=5), "margin = 5 must lie between 0 and 1, .* \\(write 5 % as 0.05\\)"),
        (lambda: completes_for_proportion(margin=0), "margin = 0 must lie between"),
        (lambda: completes_for_proportion(margin=-0.1), "margin = -0.1 must lie between"),
        (lambda: completes_for_proportion(cv=0), "cv = 0 must be above 0"),
        (lambda: completes_for_mean(sd=1, margin=-1), "margin = -1 must be above 0"),
        (lambda: completes_for_proportion(margin="5%"), "margin = '5%' is not a number"),
        (lambda: completes_for_proportion(margin=math.nan), "margin = nan is not a number"),
        (lambda: completes_for_proportion(margin=True), "margin = True is not a number"),
        (completes_for_proportion, "exactly one of margin, relative_margin, cv, se; given: –"),
        (lambda: completes_for_proportion(margin=0.1, cv=0.1), "given: margin, cv"),
        (lambda: completes_for_proportion(p=0, margin=0.05), "p = 0 must lie between 0 and 1"),
        (lambda: completes_for_proportion(p=1, margin=0.05), "p = 1 must lie between"),
        (lambda: completes_for_proportion_wilson(margin=0.5), "2 \\* margin = 1.0 must lie between"),
        (lambda: completes_for_mean(margin=1), "exactly one of sd, unit_cv; given: –"),
        (lambda: completes_for_mean(sd=1, unit_cv=1, margin=1), "given: sd, unit_cv"),
        (lambda: completes_for_mean(sd=0, margin=1), "sd = 0 must be above 0"),
        (lambda: completes_for_mean(sd=1, cv=0.1), "cv is relative to the mean"),
        (lambda: completes_for_mean(sd=1, mean=0, cv=0.1), "cv is relative to the mean"),
        (lambda: completes_for_mean(unit_cv=1, se=0.1), "se is in units of the variable"),
        (lambda: margin_of_proportion(0), "n = 0 must be above 0"),
        (lambda: margin_of_proportion(101, under=Conditions(population=100)), "n = 101 is more than the population"),
        (lambda: completes_by_domain({}, margin=0.05), "there are no domains"),
        (lambda: completes_by_domain({"xã": 0}, margin=0.05), "population xã = 0 must not be below 1"),
        (lambda: completes_by_domain({"xã": 9}, p={}, margin=0.05), "p of domain 'xã' is missing"),
        (lambda: completes_by_domain({"xã": 9}, p={"xã": 2}, margin=0.05), "p xã = 2 must lie between"),
        (lambda: Conditions(confidence=95), "confidence = 95 must lie between 0 and 1"),
        (lambda: Conditions(deff=0), "deff = 0 must be above 0"),
        (lambda: Conditions(response_rate=60), "response_rate = 60 must be above 0 and at most 1"),
        (lambda: Conditions(response_rate=0), "response_rate = 0 must be above 0"),
        (lambda: Conditions(eligibility_rate=1.2), "eligibility_rate = 1.2"),
        (lambda: Conditions(population=0), "population = 0 must not be below 1"),
        (lambda: Conditions(population=10.5), "population = 10.5 must be a whole number"),
        (lambda: yamane(1000, 1), "margin = 1 must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_value(call, words):
    with pytest.raises(SamplingError, match=words):
        call()


def test_no_other_room_has_taken_a_code_of_sizes():
    mine = {**messages_size.SIZE_TEXTS, **messages_size.ALLOCATION_TEXTS}
    assert len(mine) == len(messages_size.SIZE_TEXTS) + len(messages_size.ALLOCATION_TEXTS)
    assert {code: messages.TEXTS[code] for code in mine} == mine
