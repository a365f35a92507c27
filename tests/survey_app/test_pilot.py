"""A pilot: apart from its round in everything, timed as no other round is, read question by question once closed."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import flask
import numpy as np
import openpyxl
import pandas as pd
import pytest
from rounds import a_group, a_plan, make_round, people, vote, voters
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import an_account, signed_in
from visitors import Visitor, a_round

from analysis.interviewers import cluster_icc
from analysis.items import items_of
from analysis.reliability import reliability
from survey_app.access import Role
from survey_app.clock import today
from survey_app.config import Config
from survey_app.models.accounts import RoleGrant
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Purpose, RatingScope, SurveyRound
from survey_app.queries.pilots import pilots_of
from survey_app.queries.ratings import ratings_frame
from survey_app.queries.rounds import round_by_code, round_unit_codes
from survey_app.respond import durations
from survey_app.security import KeyRing
from survey_app.services.board import fieldwork
from survey_app.services.closing import RoundNotClosed, close_round, open_box
from survey_app.services.opening import open_round
from survey_app.services.pilot_findings import ClusterKind, PilotFindings, pilot_findings
from survey_app.services.pilots import NoPilotOfThis, make_pilot
from survey_app.services.roll import invite
from survey_app.services.round_drafts import DaysOutOfOrder
from survey_app.services.scores import score_round
from survey_app.services.stages import NothingToPublish, publish

on_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

FORM = """
settings: {form_id: tried, version: "1", default_language: vi, title: {vi: "Phiếu thử", en: "Tried"}, minutes: 3}
choices:
  level:
    - {name: "1", label: {vi: "Kém", en: "Poor"}}
    - {name: "2", label: {vi: "Trung bình", en: "Fair"}}
    - {name: "3", label: {vi: "Khá", en: "Good"}}
    - {name: "4", label: {vi: "Tốt", en: "Very good"}}
    - {name: "98", label: {vi: "Không biết", en: "Don't know"}, dont_know: true}
survey:
  - repeat: rated
    layout: unit_pages
    label: {vi: "Đánh giá", en: "Ratings"}
    questions:
      - {type: select_one level, name: quick, label: {vi: "Nhanh", en: "Quick"}, required: yes, criterion: C.A, measure: assessment}
      - {type: select_one level, name: clear, label: {vi: "Rõ ràng", en: "Clear"}, required: yes, criterion: C.A, measure: assessment}
      - {type: select_one level, name: costly, label: {vi: "Tốn kém", en: "Costly"}, required: yes, criterion: C.A, measure: assessment, reverse: yes}
      - {type: select_one level, name: honest, label: {vi: "Liêm chính", en: "Honest"}, required: yes, criterion: C.B, measure: assessment}
  - group: more
    label: {vi: "Thêm", en: "More"}
    questions:
      - {type: select_one level, name: asked, label: {vi: "Chung", en: "Overall"}}
      - {type: text, name: reason, label: {vi: "Vì sao kém?", en: "Why poor?"}, relevant: "${asked} = '1'"}
"""  # noqa: E501 (a line is a row of the questionnaire)
THON = ("U1", "U2", "U3", "U4", "U5", "U6")


def answers(n: int = 60, seed: int = 5) -> list[dict[str, Any]]:
    """Ballots of people of six thôn in turn: alike within a thôn, half of them not knowing of honesty."""
    dice = np.random.default_rng(seed)
    made = []
    for number in range(n):
        own = 0.6 * (-1) ** number + dice.normal()
        scale = [int(np.clip(round(2.5 + own + 0.6 * dice.normal()), 1, 4)) for _item in range(4)]
        said = dict(zip(("quick", "clear", "costly", "honest"), scale, strict=True))
        said["costly"] = 5 - said["costly"]
        ballot: dict[str, Any] = {name: {THON[number % len(THON)]: str(value)} for name, value in said.items()}
        if number // len(THON) % 2:
            ballot["honest"] = {THON[number % len(THON)]: "98"}
        if number % 3:
            ballot["asked"] = "1" if number % 4 == 1 else "3"
        made.append(ballot | {"_seconds": 10 * (12 + number)})
    return made


def a_real_round(session: Session, keys: KeyRing) -> SurveyRound:
    plan = a_plan(a_group(scope=RatingScope.OWN, instrument=FORM))
    return make_round(session, keys, plan, {"staff": people(24, *THON)}, units=THON)


def piloted(session: Session, real: SurveyRound, keys: KeyRing, contact_keys: KeyRing) -> SurveyRound:
    days = {"opens_on": today() - timedelta(days=3), "closes_on": today() + timedelta(days=3)}
    return make_pilot(session, real, **days, today=today(), keys=keys, contact_keys=contact_keys)


def answered(session: Session, pilot: SurveyRound, keys: KeyRing, *, thon: bool = True, n: int = 60) -> None:
    """Invite seventy-two people, put their ballots into the box and open it; two thôn make a commune."""
    key = keys.read(pilot.code)
    invite(session, pilot, pilot.groups[0], people(72, *THON), round_key=key, seed=3)
    for cell in session.scalars(select(DesignCell).where(DesignCell.respondent_group_id == pilot.groups[0].id)):
        place = THON.index(cell.rated_units[0])
        cell.psu, cell.stratum = (f"thôn {place}", f"xã {place // 2}") if thon else (None, None)
    open_round(session, pilot)
    for voter, ballot in zip(voters(session, pilot, key), answers(n), strict=False):
        assert vote(session, voter, key, ballot, today() - timedelta(days=1))
    session.flush()


def closed(session: Session, pilot: SurveyRound, keys: KeyRing) -> PilotFindings:
    close_round(session, pilot)
    open_box(session, pilot, keys.read(pilot.code))
    return pilot_findings(session, pilot)


def test_a_pilot_is_apart_from_its_round_in_everything(session: Session, config: Config, tmp_path):
    keys, contact_keys = KeyRing(config.key_dir), KeyRing(tmp_path / "contacts")
    real = a_real_round(session, keys)
    an_account(session, Role.FIELD_SUPERVISOR, round_code="small")
    pilot = piloted(session, real, keys, contact_keys)
    second = piloted(session, real, keys, contact_keys)
    assert (pilot.code, second.code, pilot.pilot_of_id) == ("small-thu", "small-thu2", real.id)
    assert (pilot.purpose, pilot.stage, pilot.groups[0].target_ballots) == (Purpose.PILOT, "draft", None)
    assert pilot.groups[0].instrument_version_id == real.groups[0].instrument_version_id
    assert round_unit_codes(session, pilot.id) == list(THON)
    assert not session.scalars(select(Invitee).where(Invitee.survey_round_id == pilot.id)).all()
    assert len({ring.read(code) for ring in (keys, contact_keys) for code in ("small-thu", "small-thu2")}) == 4
    grants = session.scalars(select(RoleGrant.survey_round_id).where(RoleGrant.role == Role.FIELD_SUPERVISOR))
    assert set(grants) == {real.id, pilot.id, second.id}  # who works on the round works on its pilots
    for refused, days in ((NoPilotOfThis, {}), (DaysOutOfOrder, {"closes_on": today() - timedelta(days=1)})):
        source = pilot if refused is NoPilotOfThis else real
        with pytest.raises(refused):
            make_pilot(
                session,
                source,
                **({"opens_on": today(), "closes_on": today()} | days),
                today=today(),
                keys=keys,
                contact_keys=contact_keys,
            )

    answered(session, pilot, keys)
    [newest, shown] = pilots_of(session, real)
    assert (newest.code, shown.n_invited, shown.n_ballots, shown.stage) == ("small-thu2", 72, 60, "open")
    assert [group.ballots for group in fieldwork(session, real, today()).groups] == [0]
    assert [group.ballots for group in fieldwork(session, pilot, today()).groups] == [60]
    with pytest.raises(RoundNotClosed):
        pilot_findings(session, pilot)
    first = voters(session, real, keys.read("small"))[0]
    vote(session, first, keys.read("small"), answers()[0])
    closed(session, pilot, keys)
    close_round(session, real)
    open_box(session, real, keys.read("small"))
    assert (score_round(session, "small").n_ballots, score_round(session, "small-thu").n_ballots) == (1, 60)
    assert ratings_frame(session, real.id)["ballot"].nunique() == 1
    pilot.scored_on = today()
    session.flush()
    with pytest.raises(NothingToPublish):
        publish(session, pilot, decision="1/QĐ", today=today())


@on_sqlite
def test_what_a_pilot_tells(session: Session, config: Config, tmp_path):
    keys = KeyRing(config.key_dir)
    pilot = piloted(session, a_real_round(session, keys), keys, KeyRing(tmp_path / "contacts"))
    answered(session, pilot, keys)
    found = closed(session, pilot, keys)
    table = pd.DataFrame(values_of(answers()))
    [group] = found.groups
    assert (group.invited, group.n_ballots, group.announced) == (72, 60, 3)
    assert group.response_rate == pytest.approx(60 / 72)
    assert group.dont_know == pytest.approx(30 / 240)
    minutes = np.quantile([10 * (12 + number) / 60 for number in range(60)], [0.1, 0.5, 0.9])
    assert [group.durations.low, group.durations.median, group.durations.high] == pytest.approx(list(minutes))
    assert group.too_long

    by_name = {question.name: question for question in found.questions}
    scale = reliability(table, ["quick", "clear", "costly"])
    for place, name in enumerate(scale.names):
        question = by_name[name]
        assert (question.asked, question.valid, question.dont_know, question.missing) == (60, 60, 0, 0)
        assert (question.mean, question.sd) == pytest.approx((table[name].mean(), table[name].std()))
        assert (question.floor, question.ceiling) == pytest.approx(
            ((table[name] == 0).mean(), (table[name] == 100).mean())
        )
        others = table[[other for other in scale.names if other != name]].sum(axis=1)
        assert question.rest_r == pytest.approx(np.corrcoef(table[name], others)[0, 1])
        assert question.alpha_without == pytest.approx(scale.items.alpha_without[place])
    honest, overall, reason = by_name["honest"], by_name["asked"], by_name["reason"]
    assert (honest.valid, honest.dont_know, honest.rest_r, honest.flags) == (30, 0.5, None, ("dont_know",))
    assert [(level.name, level.n) for level in honest.levels if level.dont_know] == [("98", 30)]
    assert sum(level.share for level in honest.levels) == pytest.approx(1)
    assert (overall.asked, overall.missing, overall.mean, overall.flags) == (
        60,
        pytest.approx(20 / 60),
        None,
        ("missing",),
    )
    asked_why = sum(ballot.get("asked") == "1" for ballot in answers())
    assert (reason.asked, reason.valid, reason.missing, reason.flags) == (asked_why, 0, 1, ())

    of_a, of_b = found.criteria
    thon = [number % len(THON) for number in range(60)]
    mean = table[list(scale.names)].mean(axis=1).to_frame("y")
    wanted = cluster_icc(items_of(mean, ["y"]), thon, strata=[place // 2 for place in thon])
    spread = of_a.spread
    assert (of_a.kind, of_a.n_items, of_a.alpha) == (ClusterKind.PSU, 3, pytest.approx(scale.alpha))
    assert (spread.n, spread.n_clusters, spread.size) == (60, 6, 10)
    assert (spread.icc, spread.low, spread.high) == pytest.approx((wanted.icc[0], wanted.low[0], wanted.high[0]))
    assert spread.deff == pytest.approx(1 + 9 * spread.icc)
    assert spread.deff_low < spread.deff < spread.deff_high
    assert (of_b.alpha, of_b.spread.n) == (None, 30)
    assert group.icc == pytest.approx(np.mean([spread.icc, of_b.spread.icc]))
    assert spread.icc > 0.1


def values_of(ballots: list[dict[str, Any]]) -> Iterator[dict[str, float]]:
    """0 to 100 for each rating of a ballot."""
    for ballot in ballots:
        said = {name: float(next(iter(ballot[name].values()))) for name in ("quick", "clear", "costly", "honest")}
        scaled = {name: 100 * (value - 1) / 3 if value < 5 else np.nan for name, value in said.items()}
        yield scaled | {"costly": 100 - scaled["costly"]}


@on_sqlite
def test_without_first_stage_units_cells_are_compared_and_few_ballots_show_nothing(
    session: Session, config: Config, tmp_path
):
    keys = KeyRing(config.key_dir)
    real = a_real_round(session, keys)
    pilot, small = (piloted(session, real, keys, KeyRing(tmp_path / "contacts")) for _pilot in range(2))
    answered(session, pilot, keys, thon=False)
    found = closed(session, pilot, keys)
    assert {row.kind for row in found.criteria} == {ClusterKind.CELL}
    assert found.criteria[0].spread.n_clusters == 6
    assert found.groups[0].icc is None  # people who rate their own unit: units are strata, not stages
    nobody = piloted(session, real, keys, KeyRing(tmp_path / "contacts"))
    answered(session, nobody, keys, n=0)
    assert closed(session, nobody, keys).groups[0].n_ballots is None
    answered(session, small, keys, n=4)
    few = closed(session, small, keys)
    assert (few.groups[0].n_ballots, few.groups[0].durations, few.groups[0].dont_know) == (None, None, None)
    assert all(question.asked is None and not question.levels for question in few.questions)
    assert all(row.spread is None and row.alpha is None for row in few.criteria)


@on_sqlite
@pytest.mark.parametrize(
    ("purpose", "took", "kept"), [("pilot", 94, 90), ("pilot", 200_000, 86_400), ("real", 94, None)]
)
def test_only_a_pilot_holds_how_long_it_took(
    app: flask.Flask, config: Config, monkeypatch: pytest.MonkeyPatch, purpose: str, took: int, kept: int | None
):
    opened = a_round(config, FORM, purpose=Purpose(purpose), units=("U1",))
    clock = iter([1_700_000_000, 1_700_000_000 + took])
    monkeypatch.setattr(durations, "now", lambda: next(clock))
    visitor = Visitor(app)
    landing = visitor.open(opened.personal[0])
    said = "thời gian trả lời được ghi lại để rút gọn phiếu"
    assert (said in landing.text) == (purpose == "pilot")
    assert ("đồng ý để asked_by dùng câu trả lời và thời gian trả lời" in landing.text) == (purpose == "pilot")
    page = visitor.send({"consent": "yes"})
    assert (said in page.text) == (purpose == "pilot")
    visitor.send({f"{name}:U1": "2" for name in ("quick", "clear", "costly", "honest")})
    visitor.send({"asked": "3"})
    assert "_began" not in visitor.shown.text
    assert visitor.send().receipt
    [ballot] = opened.close()
    assert ballot.get("_seconds") == kept
    assert [name for name in ballot if name.startswith("_")] == (["_seconds"] if kept else [])


@on_sqlite
def test_pilots_on_screen(app: flask.Flask, session: Session):
    keys = app.extensions["keys"]
    a_real_round(session, keys)
    app.extensions["contact_keys"].make("small")
    session.commit()
    researcher = signed_in(app, Role.RESEARCHER)
    room = "/rounds/small/pilot"
    assert "Chưa có đợt điều tra thử" in researcher.get(f"{room}/").text
    assert f'value="{today() + timedelta(days=14)}"' in researcher.get(f"{room}/new").text
    late = {"opens_on": str(today()), "closes_on": str(today() - timedelta(days=1))}
    refused = researcher.post(f"{room}/new", data=late)
    assert (refused.status_code, "sau hoặc bằng ngày bắt đầu" in refused.text) == (422, True)
    days = {"opens_on": str(today() - timedelta(days=3)), "closes_on": str(today())}
    made = researcher.post(f"{room}/new", data=days)
    assert (made.status_code, made.location) == (303, "/rounds/small-thu/")
    assert "Điều tra thử: title" in researcher.get(made.location).text
    assert "sẽ có khi đợt thử kết thúc" in researcher.get(f"{room}/").text
    own = researcher.get("/rounds/small-thu/pilot/")
    assert (own.status_code, own.location) == (303, "/rounds/small-thu/pilot/results")
    assert "Kết quả sẽ có khi đợt thử kết thúc" in researcher.get(own.location).text
    for address in ("/rounds/small-thu/pilot/new", f"{room}/results"):
        assert researcher.get(address).status_code == 404

    pilot = round_by_code(session, "small-thu")
    answered(session, pilot, keys)
    found = closed(session, pilot, keys)
    session.commit()
    assert 'href="/rounds/small-thu/pilot/results"' in researcher.get("/rounds/small-thu/").text  # what to do next
    shown = researcher.get("/rounds/small-thu/pilot/results")
    assert shown.status_code == 200
    assert "trên 30 % không biết: xem lại câu hỏi hoặc người được hỏi" in shown.text
    assert "một nửa số người cần lâu hơn phiếu báo" in shown.text
    version = pilot.groups[0].instrument_version_id
    assert f'href="/forms/version-{version}"' in shown.text
    icc = f"{found.groups[0].icc:.3f}"
    design = f"/rounds/small/design/new?group=staff&amp;icc={icc}"
    assert design in shown.text
    address = shown.text[shown.text.index(design) :].split('"')[0].replace("&amp;", "&")
    assert "response_rate=0.833" in address
    assert f'name="icc" type="text" value="{icc.replace(".", ",")}"'.split()[-1] in researcher.get(address).text
    for prefix, rows in (("g_", 1), ("q_", 6), ("a_", 25), ("c_", 2)):
        file = researcher.get(f"/rounds/small-thu/pilot/results?{prefix}format=xlsx")
        assert openpyxl.load_workbook(io.BytesIO(file.data)).worksheets[0].max_row == rows + 1
