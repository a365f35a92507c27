"""A round does not open while somebody could be told apart; the refusal names the cells and what would mend them."""

import pytest
from rounds import UNITS, a_group, a_plan, background, form, make_round, people
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from instruments.faults import InstrumentErrors
from scoring.faults import MethodError
from scoring.loading import methods
from survey_app.cli.refusals import in_words
from survey_app.clock import today
from survey_app.config import Config
from survey_app.definitions import read_units, shipped_units
from survey_app.demo import ROUNDS, load_demo
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, SurveyRound
from survey_app.round_words import small_cells_in_words
from survey_app.security import KeyRing
from survey_app.services.opening import RoundCannotOpen, open_round, small_cells
from survey_app.services.rounds import UnitsDiffer, UnitsMissing, add_units


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


def refusal(session: Session, survey_round: SurveyRound) -> RoundCannotOpen:
    with pytest.raises(RoundCannotOpen) as refused:
        open_round(session, survey_round)
    assert survey_round.status == "draft"
    return refused.value


def test_cells_below_the_minimum_are_refused_by_name(session: Session, keys: KeyRing):
    plan = a_plan(a_group(scope=RatingScope.OWN), min_cell=3)
    guests = people(3, "U1") + [person for person in people(5, "U2", "U3") if person.ref > "003"]
    survey_round = make_round(session, keys, plan, {"staff": guests}, opened=False)
    refused = refusal(session, survey_round)
    assert [(cell.cell_code, cell.n_invited, cell.remedies) for cell in refused.cells] == [
        ("U2", 1, ("pool",)),
        ("U3", 1, ("pool",)),
    ]
    words = in_words(refused)
    assert "staff / U2: 1" in words
    assert "pool" in words


def test_cells_that_are_small_alike_share_a_line(session: Session, keys: KeyRing):
    plan = a_plan(a_group(scope=RatingScope.OWN), a_group("few"), min_cell=3)
    units = tuple(f"U{number}" for number in range(1, 9))
    lists = {"staff": people(9, *units), "few": people(2, prefix="few-")}
    survey_round = make_round(session, keys, plan, lists, units=units, opened=False)
    many, one = small_cells_in_words(refusal(session, survey_round).cells, {"staff": "Công chức"})
    assert many.startswith("Công chức: 8 ô có 1–2 người, dưới mức tối thiểu 3 (U1, U2, U3, U4, U5 … và 3 ô khác).")
    assert one.startswith("few: ô all có 2 người, dưới mức tối thiểu 3.")


def test_cells_of_the_minimum_open(session: Session, keys: KeyRing):
    plan = a_plan(a_group(scope=RatingScope.OWN), min_cell=3)
    assert make_round(session, keys, plan, {"staff": people(6, "U1", "U2")}).status == "open"


def test_people_of_small_units_are_pooled_and_omit_the_whole_pool(session: Session, keys: KeyRing):
    plan = a_plan(a_group(scope=RatingScope.ALL_BUT_OWN), min_cell=3)
    make_round(session, keys, plan, {"staff": people(8, "U1", "U2", "U3", "U4")})
    cells = session.scalars(select(DesignCell).order_by(DesignCell.id)).all()
    assert [(cell.rated_units, cell.n_invited) for cell in cells] == [(["U3", "U4"], 4), (["U1", "U2"], 4)]


def test_booklets_are_shared_by_the_minimum(session: Session, keys: KeyRing):
    plan = a_plan(a_group(scope=RatingScope.BOOKLET, booklet_size=2), min_cell=3)
    make_round(session, keys, plan, {"staff": people(10)})
    cells = session.scalars(select(DesignCell)).all()
    assert [cell.n_invited for cell in cells] == [4, 3, 3]
    assert {unit for cell in cells for unit in cell.rated_units} == set(UNITS)


@pytest.mark.parametrize(
    ("question", "n_alike"),
    [
        (background("sex"), 6),
        (background("sex", more="required: no"), 4),
        (background("sex", more='required: yes, relevant: "1 = 1"'), 4),
        (background("sexes", "select_multiple sex"), 3),
        (background("sex", "select_one sex or_other"), 0),
        (background("age", "integer"), 0),
        (background("years", "range", more='required: yes, parameters: "start=1 end=4 step=1"'), 3),
    ],
)
def test_a_background_question_splits_every_cell(session: Session, keys: KeyRing, question: str, n_alike: float):
    """Twelve people; what can be answered decides how many of them look alike."""
    plan = a_plan(a_group(instrument=form(question)), min_cell=7)
    refused = refusal(session, make_round(session, keys, plan, {"staff": people(12)}, opened=False))
    (cell,) = refused.cells
    assert cell.n_alike == n_alike
    assert cell.remedies[0] == "coarsen_background"
    assert cell.background[0] in in_words(refused)


def test_backgrounds_multiply(session: Session, keys: KeyRing):
    two = form(background("sex"), background("other_sex"))
    survey_round = make_round(session, keys, a_plan(a_group(instrument=two)), {"staff": people(12)}, opened=False)
    assert small_cells(session, survey_round) == ()
    survey_round.min_cell = 4
    assert [cell.n_alike for cell in small_cells(session, survey_round)] == [3]


def test_posters_have_no_list_of_people_to_be_told_apart_from(session: Session, keys: KeyRing):
    group = a_group(mode=Mode.OPEN_LINK, scope=RatingScope.OWN, instrument=form(background("age", "integer")))
    assert make_round(session, keys, a_plan(group)).status == "open"


def test_a_closed_group_does_not_choose_its_units(session: Session, keys: KeyRing):
    with pytest.raises(IntegrityError, match="closed_groups_do_not_choose_units"):
        make_round(session, keys, a_plan(a_group(scope=RatingScope.CHOSEN)))


def test_an_open_group_may_choose_its_units(session: Session, keys: KeyRing):
    make_round(session, keys, a_plan(a_group(mode=Mode.OPEN_LINK, scope=RatingScope.CHOSEN)))
    assert session.scalars(select(DesignCell.rated_units)).all() == [list(UNITS)]


def test_booklets_have_a_size(session: Session, keys: KeyRing):
    with pytest.raises(IntegrityError, match="booklets_have_a_size"):
        make_round(session, keys, a_plan(a_group(scope=RatingScope.BOOKLET)))


def test_the_minimum_is_never_one(session: Session, keys: KeyRing):
    with pytest.raises(IntegrityError, match="min_cell_hides"):
        make_round(session, keys, a_plan(min_cell=1))


def test_a_group_to_which_nobody_is_invited_keeps_the_round_shut(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys, a_plan(a_group(), a_group("guests")), opened=False)
    (guests,) = (group for group in survey_round.groups if group.code == "guests")
    cells = select(DesignCell).where(DesignCell.respondent_group_id == guests.id)
    for cell in session.scalars(cells):
        cell.respondent_group_id = survey_round.groups[0].id
        cell.code = "moved"
    refused = refusal(session, survey_round)
    assert (refused.reason, refused.groups) == ("nobody_invited", ("guests",))
    assert "guests" in in_words(refused)


def test_a_round_opens_once(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys)
    with pytest.raises(RoundCannotOpen, match="not_a_draft"):
        open_round(session, survey_round)


def test_every_round_of_the_trial_opens(session: Session, keys: KeyRing):
    assert tuple(found.code for found in load_demo(session, keys, today())) == ROUNDS
    assert {group.mode for group in session.scalars(select(RespondentGroup))} == set(Mode)


def test_a_round_with_a_faulty_questionnaire_is_not_made(session: Session, keys: KeyRing):
    broken = form('type: select_one sex, name: later, label: {vi: "Câu", en: "Item"}, relevant: "${typo} = 1"')
    with pytest.raises(InstrumentErrors, match="typo"):
        make_round(session, keys, a_plan(a_group(instrument=broken)))


def test_a_round_that_does_not_feed_its_method_is_not_made(session: Session, keys: KeyRing):
    method = methods()["dtxhh_so_2026"].read_text(encoding="utf-8")
    with pytest.raises(MethodError, match="hdnd_tp"):
        make_round(session, keys, a_plan(methods=(method,)))


def test_every_block_of_a_round_has_units(session: Session, keys: KeyRing):
    with pytest.raises(UnitsMissing, match="dac_khuu"):
        make_round(session, keys, a_plan(blocks=("small", "dac_khuu")))


def test_a_unit_keeps_the_name_it_is_known_by(session: Session):
    add_units(session, "hanoi", read_units(shipped_units()["hanoi"]))
    corrected = read_units(shipped_units()["hanoi"]).replace("Sở Nội vụ", "Sở Nội Vụ")
    with pytest.raises(UnitsDiffer, match="SNV"):
        add_units(session, "hanoi", corrected)
