"""The parts of a rehearsal that need no server: who plays, what they think, how pages and ballots are read."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounds import a_group, a_plan, make_round, people
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.db import Database
from survey_app.models.rounds import Mode, Purpose, RatingScope
from survey_app.queries.rehearsals import NotARehearsal, invited
from survey_app.queries.rounds import round_by_code
from survey_app.rehearsal.answering import fill
from survey_app.rehearsal.browser import Request
from survey_app.rehearsal.casting import LEAST_PER_GROUP, Part, TooFewInvited, cast, shares
from survey_app.rehearsal.checking import check, given_fields, stored_fields
from survey_app.rehearsal.opinions import Opinions, Person
from survey_app.rehearsal.playing import Script, prepare
from survey_app.rehearsal.reading import Control, read_page
from survey_app.rehearsal.report import percentile, times
from survey_app.rehearsal.respondent import Habits, Outcome
from survey_app.security import KeyRing, personal_ballot_key

group_sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1)


@given(sizes=group_sizes, share=st.floats(0, 1))
def test_shares_add_up_and_fit(sizes: dict[str, int], share: float):
    n = int(share * sum(sizes.values()))
    found = shares(sizes, n)
    assert sum(found.values()) == n
    assert all(0 <= found[group] <= size for group, size in sizes.items())


def test_a_small_group_gets_enough_to_be_counted():
    assert shares({"few": 60, "many": 6000}, 100) == {"few": LEAST_PER_GROUP, "many": 92}


@pytest.fixture
def rehearsal(engine, session: Session, config: Config):
    """A round of own units played as a rehearsal, with its key."""
    plan = a_plan(
        a_group("own", scope=RatingScope.OWN),
        a_group("poster", scope=RatingScope.OWN, mode=Mode.OPEN_LINK),
        purpose=Purpose.REHEARSAL,
    )
    keys = KeyRing(config.key_dir)
    made = make_round(session, keys, plan, {"own": people(80, "U1", "U2", "U3", "U4")})
    return made, keys.read(made.code)


def test_units_are_filled_one_after_another(rehearsal, session: Session):
    made, key = rehearsal
    parts = cast(session, made, key, 40, np.random.default_rng(1))
    cell_of = {personal_ballot_key(key, invitee_id): cell for invitee_id, cell in invited(session, made).values()}
    played = Counter(cell_of[part.ballot_key] for part in parts if part.ballot_key)
    assert sorted(played.values()) == [12, 13]  # 25 of 80 people; the other 15 of 40 came by posters
    assert len(set(cell_of.values())) == 4


def test_nobody_plays_twice_and_the_posters_take_the_rest(rehearsal, session: Session):
    made, key = rehearsal
    parts = cast(session, made, key, 200, np.random.default_rng(1))
    personal = [part.path for part in parts if part.ballot_key]
    assert len(parts) == 200
    assert len(set(personal)) == len(personal)


def test_a_round_without_posters_cannot_be_played_by_more_than_were_invited(session: Session, config: Config):
    made = make_round(session, KeyRing(config.key_dir), a_plan(purpose=Purpose.REHEARSAL))
    with pytest.raises(TooFewInvited, match="13 > 12"):
        cast(session, made, bytes(32), 13, np.random.default_rng(1))


def test_a_real_round_says_nothing_about_who_sent_what(session: Session, config: Config):
    make_round(session, KeyRing(config.key_dir))
    with pytest.raises(NotARehearsal, match="small"):
        invited(session, round_by_code(session, "small"))


def test_a_rehearsal_that_cannot_be_cast_leaves_no_key_behind(engine: Engine, session: Session, config: Config):
    keys = KeyRing(config.key_dir)
    made = make_round(session, keys)
    session.commit()
    with pytest.raises(TooFewInvited):
        prepare(Database(engine), keys, made.code, Script(13))
    assert [path.name for path in keys.folder.iterdir()] == ["small.key"]
    assert prepare(Database(engine), keys, made.code, Script(12)).round_key == keys.read("small-dien-tap-1")


def mean_level(seed: int, unit: str, n: int = 400) -> float:
    opinions = Opinions(seed)
    persons = [Person(opinions, "group", np.random.default_rng([seed, number])) for number in range(n)]
    return float(np.mean([person.level("question", unit, 5) for person in persons]))


def test_units_differ_and_the_same_seed_thinks_the_same():
    means = [mean_level(2026, f"U{number}") for number in range(8)]
    assert max(means) - min(means) > 0.5
    assert means[0] == mean_level(2026, "U0")
    assert means[0] != mean_level(2027, "U0")


def test_every_level_is_chosen_and_some_do_not_know():
    person = Person(Opinions(1), "group", np.random.default_rng(1))
    assert {person.level("q", f"U{number}", 5) for number in range(400)} == {0, 1, 2, 3, 4}
    assert 0.85 < np.mean([person.knows() for _time in range(1000)]) < 0.99


PAGE = """<!doctype html><title>x</title><link rel="stylesheet" href="/static/a.css">
<script src="/static/b.js"></script>
<form method="post" action="/f/h/page/one?from=review">
<input type="hidden" name="csrf_token" value="T">
<fieldset><legend>Q1</legend><p hidden></p>
<label class="option"><input type="radio" name="q1:U1" value="1"></label>
<label class="option"><input type="radio" name="q1:U1" value="2" checked></label>
<label class="option dont-know"><input type="radio" name="q1:U1" value="98"></label></fieldset>
<div class="question faulty"><fieldset><legend>Q2 <span class="optional">(…)</span></legend>
<input type="checkbox" name="q2" value="a"><input type="checkbox" name="q2" value="b"></fieldset></div>
<div class="question" hidden><label for="q-3">Q3 <span class="optional">(…)</span></label><textarea id="q-3" name="q3">
words</textarea></div>
<label for="q-4">Q4</label><input type="text" id="q-4" name="q4" value="7" inputmode="numeric">
<button name="go" value="next">On</button><button name="go" value="back">Back</button></form>
<strong class="receipt"> ABCD-EFGH </strong>"""


def test_a_page_is_read_as_a_browser_reads_it():
    page = read_page("http://site/f/h/page/one", 200, PAGE)
    form = page.forms[0]
    q1, q2, q3, q4 = form.controls
    assert (page.place, page.receipt, len(page.assets)) == ("page", "ABCD-EFGH", 2)
    assert form.action == "http://site/f/h/page/one?from=review"
    assert (form.fixed, form.buttons) == ((("csrf_token", "T"),), (("go", "next"), ("go", "back")))
    assert (q1.kind, q1.options, q1.dont_know, q1.value) == ("radio", ("1", "2"), ("98",), ("2",))
    assert (q2.kind, q2.optional, q2.faulty, q2.hidden) == ("checkbox", True, True, False)
    assert (q3.kind, q3.optional, q3.hidden, q3.value) == ("text", True, True, ("words",))
    assert (q4.kind, q4.optional, q4.number, q4.value) == ("text", False, True, ("7",))


def test_what_is_hidden_or_answered_stays_and_what_was_refused_is_answered_anew():
    person = Person(Opinions(1), "group", np.random.default_rng(1))
    controls = [
        Control("hidden", "radio", hidden=True, options=("1", "2")),
        Control("answered", "radio", options=("1", "2"), value=("1",)),
        Control("refused", "text", number=True, faulty=True, value=("3",)),
        Control("only_unknown", "radio", dont_know=("98",)),
        Control("pick", "checkbox", options=("a", "b", "c", "other")),
        Control("pick_other", "text"),
    ]
    filled = fill(controls, person, tries=2)
    assert (filled["hidden"], filled["answered"], filled["refused"]) == ((), ("1",), ("30",))
    assert filled["only_unknown"] == ("98",)
    assert 1 <= len(filled["pick"]) <= 3
    assert bool(filled["pick_other"][0]) == ("other" in filled["pick"])


def test_what_was_given_and_what_is_stored_are_compared_in_one_way_of_writing():
    given_by = {"q:U1": ("2",), "q:U2": ("1",), "many": ("b", "a"), "day": ("5/10/1985",), "n": ("1,50",), "no": ("",)}
    stored = {"q": {"U2": "1", "U1": "2"}, "many": ["a", "b"], "day": "1985-10-05", "n": 1.5, "sum": 9}
    assert given_fields(given_by) == stored_fields(stored, {"sum"})
    assert given_fields(given_by) != stored_fields(stored | {"n": 1.6}, {"sum"})


def test_a_receipt_without_a_ballot_is_missing_and_a_page_without_a_receipt_is_not():
    part = Part("group", "/p/x", bytes(32))
    seen = Outcome(part, Habits(), pressed_send=True, receipts={"ABCD-EFGH"})
    never_seen = Outcome(part, Habits(), pressed_send=True)
    found = check([seen, never_seen], [], bytes(32), {})
    assert (found.acknowledged, found.missing, found.wrong_receipts, found.passed) == (1, 1, 1, False)


@given(st.lists(st.floats(0, 1e4), min_size=1), st.floats(0, 100))
def test_at_least_p_percent_do_not_exceed_the_percentile(values: list[float], p: float):
    ordered = sorted(values)
    found = percentile(ordered, p)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= p / 100 * len(ordered)


def test_times_are_in_milliseconds():
    found = times("page", [Request("page", 200, seconds / 1000, 2000) for seconds in range(1, 101)])
    assert (found.n, found.p50, found.p95, found.p99, found.longest) == pytest.approx((100, 50, 95, 99, 100))
    assert found.kilobytes == 2
