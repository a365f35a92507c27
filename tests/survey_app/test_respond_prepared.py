"""Pages that were made once and filled in are, byte for byte, those that a template makes for this visitor alone."""

import random
from collections.abc import Mapping
from typing import Any

import flask
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rounds import a_group, a_plan, form, make_round, people, voters
from sqlalchemy.orm import Session
from visitors import Opened, Visitor, a_round

from instruments.answering import merge
from instruments.loading import catalogue
from instruments.model import QuestionType, RatedUnit
from instruments.routing import Item, item_choices, pages
from instruments.xlsform import parse_yaml
from survey_app.clock import today
from survey_app.config import Config
from survey_app.respond import prepared, rows
from survey_app.security import KeyRing, draft_key, seal_draft
from survey_app.services.ballots import discard_draft, save_draft

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

CODES = ("00004", "a/b~c")  # leading zeros and signs that mean something in addresses
FORMS = sorted(catalogue())


def ticks(dice: random.Random, item: Item, offered: list[str]) -> Any:
    """An answer to a choice, now and then none; other questions are left blank."""
    kind = item.question.type
    if not offered or dice.random() < 0.25:
        return None
    return dice.choice(offered) if kind is QuestionType.SELECT_ONE else [dice.choice(offered)]


def filled_in(dice: random.Random, instrument: Any, units: tuple[RatedUnit, ...]) -> dict[str, Any]:
    """The answers of somebody who walks through the form ticking at random."""
    answers: dict[str, Any] = {}
    number = 0
    while number < len(way := pages(instrument, units, answers, today())):
        values: dict[str, Any] = {}
        for item in way[number].items:
            choices = item_choices(instrument, item, units, answers, today()) if item.question.list_name else ()
            value = ticks(dice, item, [choice.name for choice in choices])
            if value is not None and item.unit:
                values.setdefault(item.question.name, {})[item.unit.code] = value
            elif value is not None:
                values[item.question.name] = value
        answers = merge(answers, way[number], values)
        number += 1
    return answers


@pytest.mark.parametrize("name", FORMS)
def test_every_page_of_the_catalogue_is_the_one_that_a_template_would_make(
    app: flask.Flask, config: Config, session: Session, name: str
):
    source = catalogue()[name].read_text("utf-8")
    instrument = parse_yaml(source, name)
    keys = KeyRing(config.key_dir)
    made = make_round(
        session, keys, a_plan(a_group(instrument=source), min_cell=2), {"staff": people(200)}, units=CODES
    )
    key = keys.read(made.code)
    one = voters(session, made, key)[0]
    round_id = made.id
    session.commit()
    units = tuple(RatedUnit(code, f"Đơn vị {code}") for code in CODES)
    visitor = Visitor(app)
    visitor.open(f"/p/{one.code}")
    found = {"prepared": 0, "fresh": 0}

    def give(answers: Mapping[str, Any]) -> None:
        where = draft_key(key, one.secret)
        discard_draft(session, where)
        sealed = seal_draft(key, one.secret, dict(answers))
        assert save_draft(session, survey_round_id=round_id, draft_key=where, ciphertext=sealed, after_revision=0)
        session.commit()

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32))
    def check(seed: int) -> None:
        dice = random.Random(seed)
        answers = filled_in(dice, instrument, units)
        give(answers)
        for page in pages(instrument, units, answers, today()):
            visitor.client.set_cookie("lang", dice.choice(["vi", "en"]))
            address = f"{visitor.home}page/{page.key}{dice.choice(['', '?from=review'])}"
            shown = visitor.open(address)
            assert shown.path.endswith(page.key)
            found["prepared" if rows.only_choices(page) else "fresh"] += 1
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(rows, "only_choices", lambda _page: False)
                fresh = visitor.open(address)
            assert shown.text == fresh.text
            assert shown.token
            for field, values in rows.saved(page, answers).items():
                assert shown.filled[field] == values

    check()
    assert found["prepared"]


CONDITIONAL = form().replace("  - repeat: rated\n", "  - repeat: rated\n    relevant: ${met} = 'yes'\n")
FIRST = """
  - group: first
    label: {vi: "Đầu tiên", en: "First"}
    questions:
      - {type: select_one sex, name: met, label: {vi: "Có gặp không?", en: "Met?"}, required: yes}
"""


def test_questions_of_a_section_with_a_condition_are_in_sight(app: flask.Flask, config: Config):
    source = CONDITIONAL.replace("survey:\n", "survey:" + FIRST).replace("'yes'", "'f'")
    visitor = Visitor(app)
    visitor.begin(a_round(config, source).personal[0])
    assert visitor.send({"met": "f"}).visible == [f"speed:U{number}" for number in range(1, 5)]


def test_a_page_is_made_once_for_all_visitors(app: flask.Flask, config: Config):
    opened = a_round(config, form())
    made = set()
    for link in opened.personal[:4]:
        visitor = Visitor(app)
        assert visitor.begin(link).filled == {}
        visitor.open(visitor.shown.path)
        visitor.open(visitor.shown.path + "?anything=else")
        made.add(len(app.extensions["prepared_pages"]))
    assert len(made) == 1


def test_the_memory_for_pages_has_an_end(app: flask.Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prepared, "MOST", 3)
    with app.test_request_context():
        for number in range(10):
            page = prepared.filled(
                number, lambda handle, _token, number=number: f"{handle} {number}", handle="me", token="t", ticked={}
            )
            assert page == f"me {number}"
            assert len(app.extensions["prepared_pages"]) <= 3


def test_marks_go_to_the_choice_they_belong_to_whatever_its_name(app: flask.Flask):
    def page(_handle: str, _token: str) -> str:
        return (
            '<input type="hidden" name="a" value="1"><input type="radio" name="a&amp;b" value="&#34;1&#34;">'
            '<input type="checkbox" id="x" name="a" value="1"><input name="a" type="text" value="1">'
        )

    with app.test_request_context():
        made = prepared.filled("p", page, handle="me", token="t", ticked={"a&b": ['"1"'], "a": ["1"]})
    assert made.count(" checked") == 2
    assert 'value="&#34;1&#34;" checked>' in made
    assert 'name="a" value="1" checked>' in made
    assert made.replace(" checked", "") == page("", "")


def test_no_page_names_another_visitor(app: flask.Flask, config: Config):
    opened = a_round(config, form())
    dice = random.Random(7)
    visitors = [Visitor(app) for _link in opened.personal]
    for visitor, link in zip(visitors, opened.personal, strict=True):
        visitor.begin(link)
    handles = {visitor.home.split("/")[2]: visitor for visitor in visitors}
    assert len(handles) == len(visitors)
    tokens = set()
    for _turn in range(60):
        handle, visitor = dice.choice(list(handles.items()))
        page = visitor.open(visitor.home + dice.choice(["page/rated.speed", "page/more", "review", "", "page/none"]))
        if dice.random() < 0.5 and "/page/" in page.path:
            page = visitor.send({f"speed:U{number}": dice.choice("12") for number in range(1, 5)})
        assert handle in page.path
        assert not [other for other in handles if other != handle and other in page.text]
        assert prepared.HANDLE not in page.text
        assert prepared.TOKEN not in page.text
        if page.document.forms:
            tokens.add((handle, page.token))
    assert len({value for _handle, value in tokens}) == len(tokens) == len({handle for handle, _value in tokens})


def test_answers_of_one_visitor_are_ticked_for_nobody_else(app: flask.Flask, config: Config):
    opened: Opened = a_round(config, form())
    first, second = Visitor(app), Visitor(app)
    first.begin(opened.personal[0])
    where = first.shown.path
    first.send({f"speed:U{number}": "1" for number in range(1, 5)})
    assert first.open(where).filled == {f"speed:U{number}": ["1"] for number in range(1, 5)}
    assert second.begin(opened.personal[1]).filled == {}
    second.send({"speed:U2": "2"})
    assert second.open(second.home + "page/rated.speed").filled == {"speed:U2": ["2"]}
    assert first.open(where).filled == {f"speed:U{number}": ["1"] for number in range(1, 5)}
