"""Sample designs: what comes out of a spec, the table of people it starts from, and the plan that is adopted."""

import json
from dataclasses import replace

import numpy as np
import pytest
from rounds import a_group, a_plan, make_round

from sampling.allocation import Method, neyman, power, proportional
from sampling.communes import VarianceRule
from sampling.difference import Comparison, power_for_means, power_for_proportions
from sampling.faults import SamplingError
from sampling.size import Conditions, completes_for_proportion, margin_of_proportion
from sampling.strata import strata_of
from survey_app.clock import today
from survey_app.design_spec import (
    Coverage,
    DesignRefused,
    DesignSpec,
    ModeCost,
    SizeBy,
    Stages,
    Stratum,
    outcome_facts,
    result_of,
    spec_facts,
    spec_of,
)
from survey_app.models.rounds import Status
from survey_app.queries.designs import UnknownPlan, adopted_plan, plan_of_round, plans_of_round
from survey_app.security import KeyRing
from survey_app.services.design_numbers import work_out
from survey_app.services.design_population import (
    PopulationRefused,
    amount_of,
    strata_of_text,
    text_of,
    whole_of,
)
from survey_app.services.designs import adopt_plan, save_plan

PEOPLE = (1_200, 5_000, 12_000, 40_000)
FEW = DesignSpec(
    strata=tuple(Stratum(f"0000{i}", f"Xã {i}", PEOPLE[i], p=p) for i, p in enumerate((0.5, 0.6, 0.8, 0.9))),
    total=1_000,
    deff=1.5,
    response_rate=0.6,
    minimum=100,
    modes=(ModeCost("paper", 30_000, 0.9), ModeCost("online", 5_000, 0.1)),
)
STAGED = {"stages": Stages.TWO, "thon_in_unit": 9}
COMMUNES = DesignSpec(
    strata=tuple(Stratum(f"{i:05}", "", 50_000, thon=42) for i in range(126)),
    total=126 * 71,
    p=0.8394,
    stages=Stages.TWO,
    icc=0.05,
    thon_per_unit=2,
)


def sizes(spec):
    return [unit.completes for unit in work_out(spec).units]


def codes(spec):
    return [note.code for note in work_out(spec).notes]


@pytest.mark.parametrize("method", [Method.EQUAL, Method.PROPORTIONAL, Method.POWER, Method.NEYMAN, Method.COST])
def test_an_allocation_adds_up_and_keeps_the_minimum(method):
    found = work_out(replace(FEW, method=method))
    assert found.total == sum(unit.completes for unit in found.units) == 1_000
    assert min(unit.completes for unit in found.units) >= 100
    assert all(unit.invite == -(-unit.completes * 10 // 6) for unit in found.units)
    assert found.cost == pytest.approx(1_000 * 27_500)


def test_sizes_are_those_of_the_sampling_package():
    p = np.array([0.5, 0.6, 0.8, 0.9])
    sd = np.sqrt(p * (1 - p) * np.array(PEOPLE) / (np.array(PEOPLE) - 1))
    strata = strata_of(list("abcd"), PEOPLE, minimum=100)
    assert sizes(replace(FEW, method=Method.PROPORTIONAL)) == proportional(strata, 1_000).n.tolist()
    assert sizes(replace(FEW, method=Method.NEYMAN)) == neyman(strata, sd, 1_000).n.tolist()
    expected = power(strata, sd / p, 1_000, exponent=0.3).n.tolist()
    assert sizes(replace(FEW, method=Method.POWER, exponent=0.3)) == expected


def test_margins_come_from_the_sampling_package_with_what_the_survey_will_meet():
    unit = work_out(FEW).units[2]
    under = Conditions(0.95, 12_000, 1.5, 0.6)
    assert unit.margin == margin_of_proportion(unit.completes, p=0.8, under=under).margin
    alone = work_out(replace(FEW, strata=FEW.strata[2:3], total=300))
    assert alone.margin == pytest.approx(alone.units[0].margin, rel=1e-12)
    assert alone.deff == pytest.approx(1.5, rel=1e-12)


def test_margins_that_decide_are_reached_by_the_fewest_ballots():
    each = replace(FEW, size_by=SizeBy.MARGINS, unit_margin=0.08, minimum=2, response_rate=1.0)
    needed = [
        completes_for_proportion(p=s.p, margin=0.08, under=Conditions(0.95, s.population, 1.5)).n_completes
        for s in FEW.strata
    ]
    assert sizes(each) == needed
    overall = replace(each, unit_margin=None, margin=0.02, method=Method.PROPORTIONAL)
    found = work_out(overall)
    assert found.margin <= 0.02 < work_out(replace(overall, size_by=SizeBy.TOTAL, total=found.total - 1)).margin
    both = work_out(replace(overall, unit_margin=0.08))
    assert both.margin <= 0.02
    assert all(unit.reached and unit.completes >= least for unit, least in zip(both.units, needed, strict=True))


def test_a_budget_pays_the_ballots_and_no_more():
    for method in (Method.EQUAL, Method.COST):
        found = work_out(replace(FEW, size_by=SizeBy.BUDGET, budget=20_000_000, method=method))
        assert 20_000_000 - 27_500 < found.cost <= 20_000_000
    staged = replace(FEW, size_by=SizeBy.BUDGET, budget=20_000_000, stages=Stages.TWO, thon_in_unit=30, take=10.0)
    found = work_out(replace(staged, cost_thon=200_000.0))
    assert 20_000_000 - 27_500 - 200_000 <= found.cost <= 20_000_000
    assert found.cost == found.total * 27_500 + found.n_thon * 200_000


def test_nine_thousand_ballots_from_two_thon_of_each_commune_tell_no_commune_apart():
    """The figures of docs/statistics.md: 71 a commune, 1 degree of freedom, ±90 points; ±14 pooled; city ±1.2."""
    own, pooled = work_out(COMMUNES), work_out(replace(COMMUNES, variance=VarianceRule.POOLED))
    assert (own.units[0].completes, own.units[0].df, own.units[0].take) == (71, 1, 35.5)
    assert round(own.units[0].margin, 2) == 0.90
    assert round(pooled.units[0].margin, 2) == 0.14
    assert round(pooled.margin, 3) == 0.012
    assert "one_df" in codes(COMMUNES)
    assert own.units[0].detectable > pooled.units[0].detectable > 0.14


def test_the_cheapest_two_stages_for_a_margin():
    found = work_out(replace(COMMUNES, size_by=SizeBy.MARGINS, unit_margin=0.05, thon_per_unit=None))
    assert (found.units[0].thon, found.units[0].take) == (26, 10)
    assert found.allocation == "cheapest"
    bounded = replace(COMMUNES, size_by=SizeBy.MARGINS, margin=0.05, take=6.0, minimum=60)
    assert {(unit.thon, unit.take) for unit in work_out(bounded).units} == {(10, 6)}
    assert {(unit.thon, unit.take) for unit in work_out(replace(bounded, take=None)).units} == {(2, 30)}
    assert all(unit.reached for unit in found.units)


def test_a_mean_with_the_spread_of_a_share_is_known_as_well_as_the_share():
    shares = replace(COMMUNES, p=0.5)
    means = replace(COMMUNES, sd=0.5)
    one, other = work_out(shares), work_out(means)
    assert [unit.margin for unit in one.units] == pytest.approx([unit.margin for unit in other.units], rel=1e-12)
    assert one.margin == pytest.approx(other.margin, rel=1e-12)
    assert one.deff == pytest.approx(other.deff, rel=1e-4)  # divisors N and N - 1
    assert other.yamane is None


def test_the_detectable_difference_is_found_with_the_power_asked():
    p, n = 0.5, 250
    unit = work_out(replace(FEW, strata=(Stratum("a", "", 9_000, p=p), Stratum("b", "", 9_000, p=p)), total=500)).units[
        0
    ]
    test = Comparison(deff=1.5)
    assert unit.completes == n
    assert power_for_means(unit.detectable, n, sd1=0.5, test=test) == pytest.approx(0.8, abs=1e-9)
    # p (1-p) of both units is taken at p: near what two unequal shares give
    assert power_for_proportions(p, p - unit.detectable, n, test=test) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("staged", [{}, {**STAGED, "take": 10.0}])
def test_who_does_not_know_is_asked_in_vain(staged):
    everybody = replace(FEW, dont_know=0.2, **staged)
    knowing = tuple(replace(stratum, population=stratum.population * 4 // 5) for stratum in FEW.strata)
    told = {**staged, "take": 8.0} if staged else {}
    opinions = replace(FEW, strata=knowing, total=800, minimum=80, **told)
    asked, useful = work_out(everybody), work_out(opinions)
    assert [unit.completes for unit in asked.units] == [unit.completes * 5 // 4 for unit in useful.units]
    for name in ("margin", "detectable"):
        pairs = zip(asked.units, useful.units, strict=True)
        assert all(getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-3) for one, two in pairs)
    assert asked.margin == pytest.approx(useful.margin, rel=1e-3)
    assert asked.deff == pytest.approx(useful.deff, rel=1e-3)
    margins = {"size_by": SizeBy.MARGINS, "unit_margin": 0.15, "variance": VarianceRule.POOLED, "minimum": 2}
    more, fewer = work_out(replace(everybody, **margins)), work_out(replace(everybody, dont_know=0.0, **margins))
    assert more.total > fewer.total
    assert all(unit.reached for unit in more.units)


def test_a_census_that_everybody_answers_has_no_margin_yet_units_differ_by_chance():
    found = work_out(replace(FEW, coverage=Coverage.CENSUS, response_rate=1.0))
    assert found.margin == 0 == max(unit.margin for unit in found.units)
    assert [unit.invite for unit in found.units] == list(PEOPLE)
    assert min(unit.detectable for unit in found.units) > 0
    some = work_out(replace(FEW, coverage=Coverage.CENSUS))
    assert (some.total, some.invite) == (int(sum(PEOPLE) * 0.6), sum(PEOPLE))
    assert some.margin > 0


def test_a_unit_with_fewer_people_than_the_minimum_gives_all_it_has():
    small = replace(FEW, strata=(*FEW.strata, Stratum("tiny", "Nhỏ", 40)))
    tiny = work_out(small).units[-1]
    assert (tiny.completes, tiny.invite) == (24, 40)
    assert {note.code: note.params for note in work_out(small).notes}["small"]["names"] == ["Nhỏ"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"total": 399}, "total_below_minimum", "total"),
        ({"total": 35_000}, "total_above_maximum", "total"),
        ({"total": None}, "total_needed", "total"),
        ({"size_by": SizeBy.MARGINS}, "margin_needed", "margin"),
        ({"size_by": SizeBy.MARGINS, "margin": 0.0001}, "margin_out_of_reach", "margin"),
        ({"size_by": SizeBy.BUDGET}, "budget_needed", "budget"),
        ({"size_by": SizeBy.BUDGET, "budget": 10.0}, "budget_too_small", "budget"),
        ({"method": Method.COST, "modes": ()}, "cost_needed", "modes"),
        ({"stages": Stages.TWO}, "thon_needed", "thon_in_unit"),
        (STAGED, "thon_or_take_needed", "thon_per_unit"),
        ({**STAGED, "size_by": SizeBy.MARGINS, "margin": 1e-5}, "margin_out_of_reach", "margin"),
        ({"strata": ()}, "no_strata", "population"),
        ({"coverage": Coverage.CENSUS, "unit_margin": 5.0}, "margin_too_wide", "unit_margin"),
        ({"size_by": SizeBy.BUDGET, "budget": 10.0, "method": Method.COST}, "budget_too_small", "budget"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_at_its_field(changes, code, field):
    with pytest.raises(DesignRefused) as refused:
        work_out(replace(FEW, **changes))
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"thon_in_unit": 2_000, "take": 10.0}, "1200 adults in 2000"),
        ({"thon_in_unit": 400, "thon_per_unit": 1}, "answers per thôn are asked for"),
    ],
)
def test_more_than_there_is_in_a_first_stage_unit_is_refused_with_the_unit(changes, words):
    with pytest.raises(SamplingError, match=words):
        work_out(replace(FEW, stages=Stages.TWO, **changes))


def test_an_aim_that_anybody_meets_needs_the_minimum():
    wide = replace(FEW, size_by=SizeBy.MARGINS, unit_margin=1e6, sd=2.0, minimum=3)
    assert sizes(wide) == [3, 3, 3, 3]
    assert max(sizes(replace(wide, **STAGED, thon_per_unit=2))) < 10


def test_a_plan_is_stored_as_it_was_worked_out():
    for spec in (FEW, replace(COMMUNES, variance=VarianceRule.POOLED)):
        result = work_out(spec)
        stored = json.loads(json.dumps(outcome_facts(result, spec), allow_nan=False))
        assert result_of(stored) == result
        assert spec_of(json.loads(json.dumps(spec_facts(spec)))) == spec
        assert {"total", "strata", "allocation", "deff", "response_rate"} < set(stored)
        first = {"code": spec.strata[0].code, "population": spec.strata[0].population}
        assert stored["strata"][0] == {**first, "completes": sizes(spec)[0], "invite": result.units[0].invite}


def test_a_table_is_read_with_or_without_its_heading():
    pasted = "Số người\tMã đơn vị\tTỷ lệ\tĐơn giá\n1.200\t00004\t84%\t30.000\n\n5 000\t00005\t0,6\t\n"
    strata = strata_of_text(pasted, {"00004": "Phường Ba Đình"})
    assert strata[0] == Stratum("00004", "Phường Ba Đình", 1_200, p=0.84, cost=30_000.0)
    assert strata[1] == Stratum("00005", "00005", 5_000, p=0.6)
    header = ["code", "name", "population", "thon", "p", "sd", "cost"]
    assert strata_of_text(text_of(strata, header), {}) == strata
    halves = "unit_code\tstratum\tpopulation\nu\tnam\t10\nu\tnữ\t12\n"
    assert [stratum.code for stratum in strata_of_text(halves, {})] == ["u/nam", "u/nữ"]


def test_every_fault_of_a_table_is_named_with_its_row():
    lines = ["00001\tA\t-5", "1\tB\t", "\tC\tabc", "00002\tD\t12\t40", "00002\tE\t0", "00003\tF\t7,5\t\t1,5"]
    with pytest.raises(PopulationRefused) as refused:
        strata_of_text("\n".join(lines), {"00001": "A"})
    assert [(fault.place, fault.code) for fault in refused.value.faults] == [
        ("1", "not_positive"), ("2", "zeros_lost"), ("2", "blank"), ("3", "blank_code"), ("3", "not_whole"),
        ("4", "fewer_people_than_thon"), ("5", "same_code"), ("5", "not_positive"), ("6", "not_whole"),
        ("6", "not_share"),
    ]  # fmt: skip
    for empty in ("", "Mã\tTên\tSố người\n"):
        with pytest.raises(PopulationRefused, match="no_rows"):
            strata_of_text(empty, {})


@pytest.mark.parametrize(
    ("text", "whole", "amount"),
    [
        ("9.000", 9_000, 9.0), ("9,000", 9_000, 9.0), ("9 000", 9_000, 9_000.0), ("12,0", 12, 12.0),
        ("0,05", None, 0.05), ("1.234.567", 1_234_567, None), ("1e3", None, None), ("-3", -3, -3.0), ("", None, None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, whole, amount):
    assert (whole_of(text), amount_of(text)) == (whole, amount)


def test_one_plan_of_a_group_is_adopted_at_a_time(session, config):
    survey_round = make_round(
        session, KeyRing(config.key_dir), a_plan(a_group("staff"), a_group("other")), opened=False
    )
    group, other = survey_round.groups
    facts = {"justification": "vì thế", "account_id": None, "today": today()}
    first = save_plan(session, group, FEW, name="1.000 phiếu", **facts)
    second = save_plan(session, group, replace(FEW, total=2_000), name="2.000 phiếu", **facts)
    third = save_plan(session, other, FEW, name="nhóm khác", **facts)
    assert adopted_plan(session, group.id) is None
    for plan in (first, third, second):
        adopt_plan(session, survey_round, plan.id, today=today())
    adopted = adopted_plan(session, group.id)
    assert (adopted.plan_id, adopted.total, adopted.strata[0].code) == (second.id, 2_000, "00000")
    assert sum(stratum.completes for stratum in adopted.strata) == group.target_ballots == 2_000
    assert adopted_plan(session, other.id).plan_id == third.id
    listed = [(plan.id, plan.adopted_on is not None) for plan in plans_of_round(session, survey_round.id)]
    assert listed == [(third.id, True), (second.id, True), (first.id, False)]
    assert plan_of_round(session, survey_round.id, first.id).result == work_out(FEW)
    with pytest.raises(UnknownPlan):
        plan_of_round(session, survey_round.id + 1, first.id)
    survey_round.status = Status.CLOSED
    with pytest.raises(DesignRefused, match="round_closed"):
        adopt_plan(session, survey_round, first.id, today=today())
