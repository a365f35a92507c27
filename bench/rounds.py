"""The forms that are measured: one like the yardstick's, and two of the catalogue; each a round with one group."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import Database, make_engine, upgrade
from survey_app.definitions import read_round_plan, read_units, shipped_rounds, shipped_units
from survey_app.models.rounds import Mode, RatingScope
from survey_app.security import KeyRing
from survey_app.services.opening import open_round
from survey_app.services.roll import Person, invite, open_posters
from survey_app.services.rounds import GroupPlan, RoundPlan, add_units, create_round

PEOPLE = 4000  # invited to each round: more than any run plays

HEAD = """settings:
  form_id: yardstick
  version: "1"
  default_language: vi
  title: {vi: "Phiếu đo: 29 câu hỏi", en: "Yardstick: 29 questions"}
  minutes: 5
choices:
  quality5:
    - {name: "1", label: {vi: "Rất kém", en: "Very poor"}}
    - {name: "2", label: {vi: "Kém", en: "Poor"}}
    - {name: "3", label: {vi: "Trung bình", en: "Average"}}
    - {name: "4", label: {vi: "Tốt", en: "Good"}}
    - {name: "5", label: {vi: "Rất tốt", en: "Very good"}}
    - {name: "98", label: {vi: "Không biết", en: "Don't know"}, dont_know: true}
survey:
"""
SECTION = """  - group: part{number}
    label: {{vi: "Phần {number}", en: "Part {number}"}}
    questions:
"""
QUESTION = """      - type: select_one quality5
        name: q{number}
        required: yes
        label: {{vi: "Ông/Bà đánh giá thế nào về nội dung số {number}?", en: "How do you rate matter {number}?"}}
"""
SECTIONS = (5, 5, 5, 5, 5, 4)  # six pages: with the welcome and the sending, LimeSurvey's eight requests


def yardstick_form() -> str:
    """29 rating questions on six pages."""
    text, asked = HEAD, 0
    for number, size in enumerate(SECTIONS, 1):
        text += SECTION.format(number=number)
        text += "".join(QUESTION.format(number=asked + i) for i in range(1, size + 1))
        asked += size
    return text


def plans() -> dict[str, RoundPlan]:
    """The rounds that can be measured, by name."""
    so = read_round_plan(shipped_rounds()["hanoi-2026-so"])
    xa = read_round_plan(shipped_rounds()["hanoi-2026-xa"])
    words = {"vi": "Phiếu đo", "en": "Yardstick"}
    yardstick = GroupPlan("all", words, Mode.PERSONAL_LINK, RatingScope.ALL_UNITS, yardstick_form())
    return {
        "yardstick": _only(so, yardstick, "yardstick"),
        "hdnd": _only(so, _group(so, "hdnd_tp"), "hdnd"),
        "sipas": _only(xa, _group(xa, "nguoi_dan"), "sipas"),
    }


def _group(plan: RoundPlan, code: str) -> GroupPlan:
    return next(group for group in plan.groups if group.code == code)


def _only(plan: RoundPlan, group: GroupPlan, code: str) -> RoundPlan:
    days = {"opens_on": today() - timedelta(days=1), "closes_on": today() + timedelta(days=30)}
    return replace(plan, code=code, groups=(group,), methods=(), **days)  # nothing is scored


def load(config: Config) -> None:
    """Bring an empty database to the newest schema and open the rounds in it."""
    engine = make_engine(config.database_url)
    upgrade(engine)
    keys = KeyRing(config.key_dir)
    with Database(engine).transaction() as session:
        add_units(session, "hanoi", read_units(shipped_units()["hanoi"]))
        for plan in plans().values():
            made = create_round(session, plan, today())
            round_key = keys.make(plan.code)
            for group in made.groups:
                if group.mode == Mode.OPEN_LINK:
                    open_posters(session, made, group)
                    continue
                people = [Person(f"{number:05}") for number in range(PEOPLE)]
                invite(session, made, group, people, round_key=round_key, seed=1)
            open_round(session, made)
        session.commit()
    engine.dispose()
