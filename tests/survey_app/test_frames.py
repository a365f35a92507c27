"""Lists of people as frames: what is refused, what is counted, who is one person, what is drawn and stands for whom."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frame_makers import COMMUNES, a_draft, a_list, checked
from rounds import vote, voters
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.drawn import drawn_of
from survey_app.models.designs import Draw
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import RatingScope, SurveyRound
from survey_app.queries.ratings import ratings_frame
from survey_app.security import KeyRing
from survey_app.services.closing import close_round, open_box
from survey_app.services.contact_checks import readable_emails, readable_phones
from survey_app.services.draw_plans import DrawRefused, DrawSpec, Element, prepare, shared_out, spec_from
from survey_app.services.drawn_roll import Invited, NothingInReserve, invite_drawn, release_wave, together
from survey_app.services.draws import make_draw, store_draw
from survey_app.services.files import FileStore, store_file
from survey_app.services.frame_checks import PersonRule, read_day
from survey_app.services.frames import FrameOrder, frame_sha256, guessed_mapping, public_frame, store_frame
from survey_app.services.opening import open_round
from survey_app.services.roll import RollFilled
from survey_app.services.scores import snapshot_sha256

TODAY = date(2026, 11, 22)


def texts(*cells: str) -> pd.Series:
    return pd.Series(cells, dtype="str")


def test_telephones_and_addresses_come_in_one_spelling_and_unreadable_ones_are_named():
    written = ("0912 345 678", "+84 912.345.678", "84912345678", "912345678", "0912345678/0987654321")
    read, unreadable = readable_phones(
        texts(*written, "024 3825 3536", "+1 650 253 0000", "", "không có", "0112345678")
    )
    assert set(read[:5]) == {"0912345678"}
    assert read[5:7].tolist() == ["02438253536", "+16502530000"]
    assert np.flatnonzero(unreadable).tolist() == [8, 9]
    assert read[8] == "không có", "kept as it stands"
    _read, wrong = readable_emails(texts("An.Nguyen@Hanoi.gov.vn", "a..b@x.vn", "a@b", "", "thư@hànội.vn", "x@y.test"))
    assert np.flatnonzero(wrong).tolist() == [1, 2, 5]


def test_days_are_read_as_people_write_them_here():
    written = ("5/3/2026", "05-03-2026 14:20", "2026-03-05", "2026-03-05 08:00:00", "46086")
    assert {read_day(text) for text in written} == {date(2026, 3, 5)}
    assert [read_day(text) for text in ("31/02/2026", "3/2026", "12/31/2026", "hôm qua")] == [None] * 4


def test_columns_are_guessed_by_vietnamese_headings():
    headings = [
        "STT",
        "Số hồ sơ",
        "HỌ VÀ TÊN",
        "SĐT",
        "Địa chỉ",
        "Mã xã/phường",
        "Tổ dân phố",
        "Ngày nộp hồ sơ",
        "Ghi chú",
    ]
    found = guessed_mapping(headings)
    assert found == dict(zip(("ref", "name", "phone", "address", "unit", "cluster", "on"), headings[1:8], strict=True))


def test_what_would_make_a_draw_wrong_is_a_fault_by_cell_and_each_unknown_unit_is_named_once():
    units = ["4", "4", "10009", "", "Xã 00008", "Nơi khác"]
    table = a_list(6, **{"Mã đơn vị": units, "Ngày tiếp nhận": ["1/1/2027", "mai", "", "", "", ""]})
    found = checked(table)
    assert [(fault.cell, fault.code) for fault in found.faults] == [
        ("E5", "cell_blank"),
        ("E2", "unit_lost_zeros"),
        ("E7", "unit_unknown"),
        ("G3", "day_unreadable"),
        ("G2", "day_in_future"),
    ]
    assert found.faults[1].params == {"value": "4", "rows": 2, "meant": "00004"}
    rows = checked(a_list(6, **{"Mã đơn vị": [*units[:3], "8", "Xã 00008", "xã 10009"]}), restore_zeros=True).rows
    assert rows["unit_code"].tolist() == ["00004", "00004", "10009", "00008", "00008", "10009"]
    formulas = checked(a_list(6, **{"Mã hồ sơ": ["=1+1", "@a", "H3", "H4", "H5", "H6"]}))
    assert [(fault.cell, fault.code) for fault in formulas.faults] == [("A2", "formula_like"), ("A3", "formula_like")]
    broken = a_list(6, **{"Số điện thoại": ["1"] * 6})
    assert (checked(broken).n_faults, checked(broken, refuse_contacts=True).n_faults) == (0, 6)


def test_people_are_known_by_telephone_or_name_in_whatever_order_the_list_stands():
    table = a_list(8)
    table["Số điện thoại"] = ["0912345678", "0912345678", "", "", "0987654321", "", "12", "12"]
    table["Họ và tên"] = ["An", "Bình", "Chi", "chi ", "Chi", "Dũng", "Em", "Em"]
    table["Mã đơn vị"] = "00004"
    one = checked(table).rows.set_index("ref")["person"]
    assert one.tolist() == ["H0000", "H0000", "H0002", "H0002", "H0004", "H0005", "H0006", "H0006"]
    shuffled = checked(table.iloc[::-1].reset_index(drop=True))
    assert shuffled.rows.set_index("ref")["person"].sort_index().equals(one)
    assert frame_sha256(shuffled.rows) == frame_sha256(checked(table).rows)
    marks = {name: shuffled.report[name] for name in ("shared_phone", "namesake", "bad_phone", "repeat")}
    assert marks == {"shared_phone": 2, "namesake": 3, "bad_phone": 2, "repeat": 6}
    apart = checked(table, person_rule=PersonRule.PHONE_AND_NAME)
    assert apart.report["people"] == 6
    assert checked(table, person_rule=PersonRule.ROW).report["people"] == 8
    assert checked(table, recall_from=date(2026, 6, 1)).report["stale"] == 8


def test_identity_numbers_name_nobody_in_what_leaves_the_house():
    found = checked(a_list(4, **{"Mã hồ sơ": [f"0010990{n:05}" for n in range(4)]}))
    assert found.report["refs"] == "personal"
    assert found.rows["ref"].tolist() == ["2", "3", "4", "5"]
    assert not {"name", "phone", "email", "address"} & set(public_frame(found.rows))


def test_a_draw_keeps_what_was_promised_in_every_stratum_and_says_what_is_lacking():
    rows = checked(a_list()).rows
    spec = DrawSpec("srs", 7, sizes={"00004": 70, "00008": 10, "10009": 0, "99999": 4}, reserve_pct=30, waves=2)
    assert spec_from(spec.as_params()) == spec
    strata = {s.code: (s.population, s.first, s.reserve, s.lacking) for s in prepare(rows, spec).strata}
    assert strata == {"00004": (60, 60, 0, 10), "00008": (60, 10, 3, 0), "99999": (0, 0, 0, 4)}
    made = make_draw(rows, spec)
    assert made.counts["left_out"] == {"unit_left_out": 80, "same_person": 40}
    assert made.package == make_draw(rows, spec).package, "the same draw, byte by byte"
    assert Counter(made.sample["wave"]) == {0: 70, 1: 2, 2: 1}
    with pytest.raises(DrawRefused, match="nobody_left"):
        prepare(rows, DrawSpec("srs", 7, total=5, not_before=date(2026, 6, 1)))
    assert shared_out({"a": 900, "b": 90, "c": 4}, 100, 10) == {"a": 86, "b": 10, "c": 4}


@pytest.mark.parametrize("method", ["systematic", "census", "two-stage", "pps-systematic", "sampford", "tille", "cube"])
@pytest.mark.parametrize("element", list(Element))
def test_weights_stand_for_everybody_on_the_list(method: str, element: Element):
    table = a_list(**{"Số người lớn": [str(1 + i % 3) for i in range(240)]})
    rows = checked(table).rows
    numbers = {"total": 60} if method in ("sampford", "tille", "cube") else {"sizes": dict.fromkeys(COMMUNES, 20)}
    spec = DrawSpec(method, 11, per_cluster=5, size_column="adults", element=element, reserve_pct=20, **numbers)
    sample = make_draw(rows, spec).sample
    everybody = 180 if element is Element.PERSON else 240
    assert (sample["wave"] == 0).sum() == (everybody if method == "census" else 60)
    assert sample["base_weight"].sum() == pytest.approx(180, rel=0.25)


def test_small_first_stage_units_are_put_together_until_nobody_stands_out():
    assert together({"a": 3, "b": 9, "c": 4, "d": 5, "e": 2}, 8) == [["a", "b"], ["c", "d", "e"]]
    assert together({"a": 3}, 8) == [["a"]]


def drawn(
    session: Session, tmp_path: Path, spec: DrawSpec, *, scope: RatingScope = RatingScope.OWN
) -> tuple[SurveyRound, Draw, pd.DataFrame, dict[str, Any]]:
    """A round, and a draw of its people that is kept."""
    keys, contact_keys = KeyRing(tmp_path / "k"), KeyRing(tmp_path / "c")
    survey_round = a_draft(session, keys, contact_keys, scope=scope)
    key, files = contact_keys.read("small"), FileStore(tmp_path / "files", bytes(32))
    found = checked(a_list())
    common = {"contact_key": key, "account_id": None, "today": TODAY}
    file = {"kind": "frame_upload", "name": "a.csv", "media_type": "text/csv", "data": b"a"}
    upload = store_file(session, files, survey_round=survey_round, **file, **common)
    order = FrameOrder(upload.id, "people", "Một cửa", {}, PersonRule.PHONE, None, False, False)
    frame = store_frame(session, files, survey_round, survey_round.groups[0], order, checked=found, **common)
    made = make_draw(found.rows, spec)
    draw = store_draw(session, files, survey_round, frame, spec, made=made, job_id="1", **common)
    assert store_draw(session, files, survey_round, frame, spec, made=made, job_id="1", **common) is draw
    return survey_round, draw, made.sample, {"round_key": keys.read("small"), "contact_key": key, "today": TODAY}


def test_drawn_people_answer_in_cells_that_hide_them_and_their_weights_reach_the_score(
    session: Session, tmp_path: Path
):
    spec = DrawSpec("two-stage", 5, sizes={"00004": 24, "00008": 12}, per_cluster=6, reserve_pct=50, waves=1)
    survey_round, draw, sample, keys = drawn(session, tmp_path, spec)
    group = survey_round.groups[0]
    made = invite_drawn(session, survey_round, group, draw, sample, least=7, **keys)
    assert made == invite_drawn(session, survey_round, group, draw, sample, least=7, **keys), (
        "a second time adds nobody"
    )
    assert made == Invited(people=36, reserve=18, cells=3, smallest=12)
    cells = {cell.code: cell for cell in session.scalars(select(DesignCell))}
    assert {code: (cell.rated_units, cell.stratum, cell.psu) for code, cell in cells.items()} == {
        "00004.01": (["00004"], "00004", "00004.01"),
        "00004.02": (["00004"], "00004", "00004.02"),
        "00008.01": (["00008"], "00008", "00008.01"),
    }
    total = sum(cell.n_invited * cell.design_weight for cell in cells.values())
    assert total == pytest.approx(120, rel=0.02), "they stand for the people of both communes"
    open_round(session, survey_round)
    for voter in voters(session, survey_round, keys["round_key"])[::3]:
        vote(session, voter, keys["round_key"], {"speed": "2"})
    close_round(session, survey_round)
    open_box(session, survey_round, keys["round_key"])
    frame = ratings_frame(session, survey_round.id)
    for code, ballots in frame.groupby("design_cell"):
        assert set(ballots["calibrated_weight"]) == {cells[code].design_weight}
        assert set(ballots["psu"]) == {code}
    design = drawn_of(frame, np.zeros(len(frame), dtype=np.int64))
    assert np.unique(design.ballot_weight).tolist() == sorted({cell.design_weight for cell in cells.values()})
    assert len(np.unique(design.stratum)) == 2
    assert snapshot_sha256(frame) == snapshot_sha256(frame.assign(ballot=frame["ballot"].to_numpy()[::-1]))


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_those_who_rate_all_units_share_a_cell_unless_they_stand_for_different_numbers(
    session: Session, tmp_path: Path
):
    spec = DrawSpec("srs", 5, sizes={"00004": 30, "00008": 3, "10009": 3}, reserve_pct=10)
    survey_round, draw, sample, keys = drawn(session, tmp_path, spec, scope=RatingScope.ALL_UNITS)
    group = survey_round.groups[0]
    invite_drawn(session, survey_round, group, draw, sample, **keys)
    cells = {cell.code: (cell.n_invited, cell.population) for cell in session.scalars(select(DesignCell))}
    assert cells == {"00004": (30, 60), "pool.02": (6, 120)}
    n_more = release_wave(session, survey_round, group)
    assert n_more == len(session.scalars(select(Invitee.id).where(Invitee.wave == 1)).all())
    with pytest.raises(NothingInReserve):
        release_wave(session, survey_round, group)
    draw.invited_on = None
    with pytest.raises(RollFilled):
        invite_drawn(session, survey_round, group, draw, sample, **keys)
