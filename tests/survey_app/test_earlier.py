"""Past years: their tables are read with care, shown before they count, and become trends of the units of today."""

from __future__ import annotations

import gzip
import io
import math
import random
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import flask
import numpy as np
import pandas as pd
import pyreadstat
import pytest
from lxml import html
from rounds import a_plan, make_round
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import signed_in
from workbooks import workbook

from survey_app.earlier.columns import guessed_columns, read_results
from survey_app.earlier.files import read_past
from survey_app.jobs.running import run_job
from survey_app.models.accounts import AuditEntry
from survey_app.models.history import EarlierResult, EarlierRound, ScoreRun
from survey_app.models.jobs import Job, JobState, StoredFile
from survey_app.models.rounds import Status
from survey_app.roles import Role
from survey_app.security import KeyRing
from survey_app.services.earlier import (
    EarlierFacts,
    EarlierMoved,
    EarlierRefused,
    KnownUnits,
    ResultLine,
    apply_results,
    known_units,
    plan_results,
)
from survey_app.services.earlier_ballots import BallotColumns, Question, estimated, personal_columns
from survey_app.services.earlier_trends import NOT_COMPARABLE, PARTLY, SAME, UP, trends
from survey_app.services.unit_changes import ChangeLine, apply_changes, plan_changes
from survey_app.services.units import UnitLine, apply_units, plan_units
from survey_app.uploads import read_sheet
from survey_app.uploads.faults import UploadRefused

ON_SCREEN = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
PUBLISHED = Path(__file__).parents[1] / "references" / "published"
NOBODY = KnownUnits({}, ({}, {}, {}))
MERGED = date(2025, 7, 1)


def facts(year: int, **more: Any) -> EarlierFacts:
    known = {"city": "hanoi", "programme": "SIPAS", "title": f"SIPAS {year}", "source_note": "Báo cáo"}
    return EarlierFacts(**{**known, "year": year, "method_note": "QĐ 1001", **more})


def brought(session: Session, year: int, *lines: ResultLine, **more: Any) -> EarlierRound:
    plan = plan_results(session, facts(year, **more), lines)
    found = apply_results(session, plan.facts, lines, plan.digest, today=date(2026, 11, 1), account_id=None)
    return found[0]


def communes(session: Session) -> None:
    """Two xã of today: 00001 from two old ones (3 : 1 by people), 00002 from a quarter of the second, and the third."""
    lines = [UnitLine("00001", "Phường Ba Đình", "phuong", "x"), UnitLine("00002", "Xã Sóc Sơn", "xa", "x")]
    apply_units(session, "hanoi", lines, plan_units(session, "hanoi", lines).digest)
    changes = [
        ChangeLine("00010", "Phường Trúc Bạch", "00001", 1.0, MERGED, 3000),
        ChangeLine("00011", "Phường Quán Thánh", "00001", 0.5, MERGED, 2000),
        ChangeLine("00011", "Phường Quán Thánh", "00002", 0.5, MERGED, 2000),
        ChangeLine("00012", "Xã Phù Linh", "00002", 1.0, MERGED, 1000),
    ]
    apply_changes(session, "hanoi", changes, plan_changes(session, "hanoi", changes).digest)


def test_trends_stand_on_todays_units_with_errors_and_join_what_was_scored_here(app: flask.Flask, session: Session):
    communes(session)
    old = [ResultLine(code, code, "", value, 2.0, 50) for code, value in (("00010", 80.0), ("00011", 60.0))]
    brought(session, 2022, ResultLine("00010", "00010", "", 70.0), ResultLine("00099", "Xã lạ", "", 50.0))
    brought(session, 2023, *old, ResultLine("00012", "Xã Phù Linh", "", 50.0, 2.0, 50))
    brought(session, 2024, *old, ResultLine("00010", "00010", "Kết quả", 90.0))
    brought(
        session,
        2025,
        ResultLine("00001", "Ba Đình", "", 85.0, 2.0, 100),
        ResultLine("00002", "Sóc Sơn", "", 40.0, 2.0, 9),
    )
    found = trends(session, "hanoi", "sipas", "")
    assert [(year.year, year.n_units, year.n_carried) for year in found.years] == [
        (2022, 2, 1), (2023, 3, 2), (2024, 2, 2), (2025, 2, 2)
    ]  # fmt: skip
    ba_dinh, soc_son = found.units
    merged = ba_dinh.points[2023]  # 3000 people of one, 1000 of the other
    assert merged.value == pytest.approx((3 * 80 + 60) / 4)
    assert merged.se == pytest.approx(math.hypot(3 / 4 * 2, 1 / 4 * 2))
    assert (merged.n, merged.covered, merged.is_part, merged.verdict) == (75, 1.0, True, PARTLY)
    assert (ba_dinh.points[2022].covered, ba_dinh.points[2022].n) == (pytest.approx(1 / 1.5), None)
    assert (ba_dinh.points[2024].verdict, ba_dinh.points[2024].change) == (SAME, 0)
    assert (ba_dinh.points[2025].verdict, ba_dinh.points[2025].change) == (UP, 10)
    assert ba_dinh.points[2025].change_se == pytest.approx(math.hypot(merged.se, 2))
    assert (soc_son.points[2024].covered, soc_son.points[2024].verdict) == (pytest.approx(1 / 3), PARTLY)
    assert (soc_son.points[2025].verdict, soc_son.points[2025].change) == (PARTLY, -20)
    assert found.unplaced == ((2022, "00099", "Xã lạ"),)
    assert found.criteria == ("", "Kết quả")
    assert trends(session, "hanoi", "SIPAS", "Kết quả").lacking == (2022, 2023, 2025)

    keys: KeyRing = app.extensions["keys"]
    plan = a_plan(
        code="now", city="hanoi", programme="sipas-2026", opens_on=date(2026, 3, 1), closes_on=date(2026, 4, 1)
    )
    survey_round = make_round(session, keys, plan, units=("00001x",))
    survey_round.status, survey_round.scored_on = Status.CLOSED, date(2026, 5, 1)
    rows = pd.DataFrame({"level": ["unit", "unit", "criterion"], "unit": ["00001", "00002", "00001"]})
    rows = rows.assign(criterion=[None, None, "Kết quả"], index=[91.0, None, None], se=[1.0, None, 0.01])
    rows = rows.assign(value=[None, None, 0.9], n=[120, 3, 120], method_id="m")
    data = gzip.compress(rows.to_csv(index=False).encode())
    kept = {"snapshot_sha256": "", "rules_status": "approved", "results_sha256": "", "made_on": date(2026, 5, 1)}
    inputs = {"methods": [{"id": "m", "version": "2"}]}
    session.add(ScoreRun(survey_round_id=survey_round.id, inputs=inputs, results=data, **kept))
    session.flush()
    joined = trends(session, "hanoi", "SIPAS", "")
    here = joined.years[-1]
    assert (here.year, here.round_code, here.method_note, here.is_published, here.n_units) == (
        2026,
        "now",
        "m 2",
        False,
        1,
    )
    point = joined.units[0].points[2026]
    assert (point.value, point.se, point.verdict) == (91.0, 1.0, UP)
    assert trends(session, "hanoi", "SIPAS", "Kết quả").units[0].points[2026].value == pytest.approx(90)
    assert trends(session, "hanoi", "SIPAS", "", lambda _code: False).years[-1].year == 2025


@ON_SCREEN
def test_what_was_shown_is_taken_over_and_scales_are_not_mixed(session: Session):
    communes(session)
    line = ResultLine("00001", "Ba Đình", "", 80.0)
    row = brought(session, 2024, line)
    again = plan_results(session, facts(2024), [line])
    assert (again.is_known, again.n_unchanged, again.new, again.changed) == (True, 1, (), ())
    stale = plan_results(session, facts(2024), [ResultLine("00001", "Ba Đình", "", 81.0)])
    brought(session, 2024, ResultLine("00001", "Ba Đình", "", 82.0))
    with pytest.raises(EarlierMoved):
        apply_results(session, facts(2024), stale.lines, stale.digest, today=MERGED, account_id=None)
    assert session.scalars(select(EarlierResult.value).where(EarlierResult.earlier_round_id == row.id)).all() == [82.0]
    with pytest.raises(EarlierRefused, match="scale_differs"):
        plan_results(session, facts(2024, scale_max=10.0), [line])
    brought(session, 2023, ResultLine("00001", "Ba Đình", "", 8.0), scale_max=10.0)
    last = trends(session, "hanoi", "sipas", "").units[0].points[2024]
    assert (last.change, last.verdict) == (None, NOT_COMPARABLE)
    assert known_units(session, "hanoi", 2024).meant("", "Quán Thánh").code == "00011"
    assert not known_units(session, "hanoi", 2024).meant("", "Xã lạ").is_known


def read_as_guessed(data: bytes, name: str, known: KnownUnits, **more: Any) -> None:
    sheet = read_past(data, name)
    read_results(sheet, guessed_columns(sheet), facts(2024, **more), known)


def faults(data: bytes, name: str = "a.xlsx", known: KnownUnits = NOBODY, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(UploadRefused) as refused:
        read_as_guessed(data, name, known, **more)
    return [(fault.cell, fault.code) for fault in refused.value.faults]


def test_published_tables_are_understood_and_bad_cells_are_named(tmp_path: Path):
    sheet = read_past((PUBLISHED / "par_index_2012.csv").read_bytes(), "par.csv")
    columns = guessed_columns(sheet)
    assert (columns.unit_code, columns.unit_name, columns.year, columns.value) == (
        "code",
        "province",
        "year",
        "par_index",
    )
    found = read_results(sheet, columns, facts(2012), NOBODY)
    assert (len(found.lines), found.lines[0].unit_name, found.lines[0].value) == (19, "Đà Nẵng", 87.12)
    papi = read_past((PUBLISHED / "papi_2011_2013.csv").read_bytes(), "papi.csv")
    columns = guessed_columns(papi)
    assert (columns.unit_name, columns.value) == ("province", "")
    assert "participation" in columns.wide
    header = ("Mã đơn vị", "Tên đơn vị", "Tiêu chí", "Chỉ số", "Sai số chuẩn", "Số phiếu")
    known = KnownUnits({"00001": "Ba Đình"}, ({}, {"badinh": frozenset({"1", "2"})}, {}))
    good = workbook(
        header, ("00001", "Ba Đình", "Chung", "83,94", 0.5, 71), ("00001", "Ba Đình", "Kết quả", "80%", "-", None)
    )
    sheet = read_past(good, "a.xlsx")
    index, criterion = read_results(sheet, guessed_columns(sheet), facts(2024), known).lines
    assert index == ResultLine("00001", "Ba Đình", "", 83.94, 0.5, 71)
    assert (criterion.criterion, criterion.value, criterion.se, criterion.n) == ("Kết quả", 80.0, None, None)
    bad = workbook(header, ("00001", "A", "", "cao", -1, 7), (1, "B", "", 101, 0, 2.5), ("00001", "A", "", 50, 0, 1))
    assert sorted(faults(bad, known=known)) == [
        ("A3", "leading_zero_lost"), ("D2", "not_a_number"), ("D3", "off_scale"), ("E2", "not_an_error"),
        ("F3", "not_a_whole_number"),
    ]  # fmt: skip
    twice = workbook(header[:4], ("00001", "A", "", 50), ("00001", "A", "", 51))
    assert faults(twice, known=known) == [("D3", "repeated_value")]
    assert faults(workbook(("Đơn vị", "Chỉ số"), ("Ba Đình", 0.8)), known=known) == [
        ("A2", "ambiguous_unit"), ("B2", "looks_like_fractions")
    ]  # fmt: skip
    assert faults(workbook(("Đơn vị", "Chỉ số"), ("A", 1), ("B", 2), merged=["A2:A3"])) == [("A2:A3", "merged_cells")]
    assert faults(b"PK\x03\x04", "a.sav") == [("", "not_statistical")]
    assert faults(b"$FL2" + b"x" * 900, "a.sav") == [("", "unreadable")]
    path = tmp_path / "codes.sav"
    frame = pd.DataFrame({"ma_don_vi": [1.0, 22.0], "ten": ["Hà Nội", "Huế"], "chi_so": [80.5, 81.0]})
    pyreadstat.write_sav(frame, str(path), variable_value_labels={})
    sheet = read_past(path.read_bytes(), "codes.sav")
    assert faults(path.read_bytes(), "codes.sav", known) == [
        ("ma_don_vi:1", "leading_zero_lost"), ("ma_don_vi:2", "leading_zero_lost")
    ]  # fmt: skip
    columns = replace(guessed_columns(sheet), restore_zeros=True)
    restored = read_results(sheet, columns, facts(2024), known)
    assert [line.unit_code for line in restored.lines] == ["00001", "00022"]


def test_answers_become_points_with_errors_and_few_ballots_none():
    rng = np.random.default_rng(5)
    answers = rng.choice(["1", "2", "3", "9", ""], 40)
    table = pd.DataFrame({"q": answers, "w": "2,0", "note": [f"Nguyễn Văn {c}" for c in "ABCDEFGHIJ" * 4]})
    units = [("1", "Một")] * 36 + [("2", "Hai")] * 4
    columns = BallotColumns("u", (Question("q", "Phục vụ", ("1", "2", "3"), ("9",)),), "w", with_index=True)
    found = estimated(table, columns, units)
    points = pd.Series(answers[:36]).map({"1": 0.0, "2": 50.0, "3": 100.0}).dropna()
    line, index = found.lines
    assert (line.criterion, index.criterion, line.n, line.value) == ("Phục vụ", "", len(points), points.mean())
    by_hand = points.std(ddof=1) / math.sqrt(len(points))
    assert line.se == pytest.approx(by_hand, rel=0.03)  # rows without a valid answer stay in the design
    assert found.n_small == 2
    assert personal_columns(table.assign(id=range(40)), {"q": "Có điện thoại không?", "id": "Số CCCD"}) == {
        "note": "name",
        "id": "id",
    }
    with pytest.raises(EarlierRefused, match="unknown_answers"):
        estimated(table, BallotColumns("u", (Question("q", "P", ("1", "2"), ("9",)),)), units)


# --- on screen -------------------------------------------------------------------------------------------------------


def told(data: bytes, name: str, holds: str = "results", **more: Any) -> dict[str, Any]:
    said = {"city": "hanoi", "programme": "other", "other": "SIPAS", "year": "2024", "title": "Chỉ số hài lòng 2024"}
    return said | {"source_note": "Báo cáo 12", "scale": "100", "holds": holds, "file": (io.BytesIO(data), name)} | more


def fields_of(text: str, number: int = -1) -> dict[str, Any]:
    """What a form of the page would send."""
    sent: dict[str, Any] = {}
    for name, value in html.fromstring(text).xpath("//main//form")[number].form_values():
        sent.setdefault(name, []).append(value)
    return sent


@ON_SCREEN
def test_a_published_table_goes_through_the_wizard_to_a_trend_and_can_be_removed(app: flask.Flask, session: Session):
    communes(session)
    session.commit()
    client = signed_in(app, Role.RESEARCHER, username="lan")
    assert "Chưa có số liệu năm trước nào" in client.get("/earlier/").text
    assert "Chưa có năm nào để vẽ xu hướng" in client.get("/earlier/trends").text
    header = ("Mã xã", "Tên xã", "Kết quả", "Công chức", "Ghi chú")
    rows = [
        ("00010", "=HYPERLINK(1)", 80, 81, "a"),
        ("00011", "Quán Thánh", 60, 61.5, "b"),
        ("00777", "Lạ", 50, 51, "c"),
    ]
    data = workbook(header, *rows)
    assert client.post("/earlier/new", data=told(b"no", "a.xlsx")).status_code == 422
    assert client.post("/earlier/new", data=told(data, "a.xlsx", other="", title="")).status_code == 422
    place = client.post("/earlier/new", data=told(data, "nam-2024.xlsx")).location
    mapping = client.get(place).text
    assert "được đoán theo tên" in mapping
    chosen = fields_of(mapping)
    assert (chosen["col_unit_code"], chosen["wide"]) == (["Mã xã"], ["Kết quả", "Công chức"])
    bad = client.get(place.split("?")[0], query_string=chosen | {"wide": ["Ghi chú"]})
    assert (bad.status_code, "“a” không phải là số" in bad.text) == (422, True)
    preview = client.get(place.split("?")[0], query_string=chosen)
    assert "6 số liệu mới" in preview.text
    assert "Lạ" in preview.text
    assert session.scalars(select(EarlierRound)).all() == []
    form = html.fromstring(preview.text).xpath("//main//form[@method='post']")[0]
    assert client.post(form.action, data={"digest": "another"}).status_code == 422
    session.rollback()
    shown = client.post(form.action, data=dict(form.form_values())).location
    assert "6 số liệu của 3 đơn vị" in client.get(shown).text
    assert read_sheet(client.get(f"{shown}?format=xlsx").data, "a.xlsx").rows[0][1] == "=HYPERLINK(1)"
    assert client.get(place).status_code == 404  # the upload is gone
    assert "như lần trước" in client.get(client.post("/earlier/new", data=told(data, "b.xlsx")).location).text

    page = client.get("/earlier/trends?city=hanoi&programme=sipas&criterion=Kết+quả").text
    assert "75,00" in page
    assert "không dẫn tới đơn vị nào hiện nay" in page
    one = client.get("/earlier/trends?city=hanoi&programme=sipas&criterion=Kết+quả&unit=00001").text
    source = re.search(r'class="chart" src="([^"]+)"', one)[1].replace("&amp;", "&")
    chart = client.get(source)
    assert (chart.mimetype, b"<svg" in chart.data) == ("image/svg+xml", True)
    out = read_sheet(client.get("/earlier/trends?criterion=Kết+quả&format=xlsx").data, "a.xlsx")
    assert (out.header[:3], out.rows[0][:3]) == (("Mã", "Đơn vị", "2024"), ("00001", "Phường Ba Đình", 75))
    for address in ("?city=nowhere", "?unit=9", "?programme=x&unit=1"):
        assert client.get(f"/earlier/trends{address}").status_code == 404
    assert "Mất 6 số liệu của 3 đơn vị" in client.get(f"{shown}/remove").text
    assert client.post(f"{shown}/remove").status_code == 303
    assert client.get(shown).status_code == 404
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("earlier.%"))).all()
    assert sorted(actions) == ["earlier.removed", "earlier.results_imported"]


def sav(path: Path) -> bytes:
    """Ballots as SPSS keeps them: labels in Vietnamese, a name column, a unit with too few."""
    n = 60
    frame = pd.DataFrame(
        {"xa": [1.0] * 28 + [2.0] * 28 + [3.0] * 4, "q1": [1.0, 5, 4, 9, 3, 2] * 10, "q2": [5.0, 4] * 30}
    )
    frame["ho_ten"] = [f"Nguyễn Thị {chr(65 + i % 26)}" for i in range(n)]
    frame["quyen_so"] = 1.5
    levels = {1.0: "Rất hài lòng", 2.0: "Hài lòng", 3.0: "Bình thường", 4.0: "Không hài lòng",
              5.0: "Rất không hài lòng", 9.0: "Không biết"}  # fmt: skip
    units = {1.0: "Phường Trúc Bạch", 2.0: "Quán Thánh", 3.0: "Xã lạ"}
    titles = ["Xã của người trả lời", "Thái độ công chức", "Thời gian giải quyết", "Họ tên", "Quyền số"]
    pyreadstat.write_sav(
        frame, str(path), column_labels=titles, variable_value_labels={"xa": units, "q1": levels, "q2": levels}
    )
    return path.read_bytes()


def test_a_file_that_breaks_its_reader_breaks_nothing_else(tmp_path: Path):
    damaged, chance = bytearray(sav(tmp_path / "a.sav")), random.Random(77)
    for _time in range(20):  # these places end ReadStat with a segmentation fault
        damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
    assert faults(bytes(damaged), "a.sav") == [("", "unreadable")]


@ON_SCREEN
def test_ballots_of_a_past_round_become_estimates_and_nobodys_name_is_kept(
    app: flask.Flask, session: Session, tmp_path: Path
):
    communes(session)
    session.commit()
    client = signed_in(app, Role.RESEARCHER, username="lan")
    place = client.post("/earlier/new", data=told(sav(tmp_path / "a.sav"), "phieu.sav", "ballots")).location
    page = client.get(place).text
    assert "Các cột sau có vẻ chứa thông tin cá nhân: ho_ten." in page
    assert "Rất không hài lòng" in page
    sent = fields_of(page)
    assert (sent["q"], sent["drop"], sent["weight_column"]) == (["1", "2"], ["3"], ["quyen_so"])
    assert "5 < 4 < 3 < 2 < 1" in [value for (value, *_more) in sent.values()]
    assert sent["unit"] == ["xa"]  # its labels are names of units
    kept = client.post(place, data=sent | {"drop": []})
    assert (kept.status_code, "Hãy đánh dấu để không lưu" in kept.text) == (422, True)
    assert client.post(place, data=sent | {"q": []}).status_code == 422
    assert client.post(place, data=sent | {"unit": [""]}).status_code == 422
    assert client.post(place, data=sent).status_code == 303
    job_id = session.scalars(select(Job.id)).one()
    session.rollback()
    assert run_job(app.extensions["instance"], job_id) == JobState.DONE
    outcome = client.get(f"/jobs/{job_id}").text
    assert "Đã lưu 60 phiếu và tính 4 kết quả. 2 kết quả dựa trên dưới 5 phiếu nên không được lưu." in outcome
    lines = session.scalars(select(EarlierResult).order_by(EarlierResult.unit_code, EarlierResult.criterion)).all()
    assert [(line.unit_code, line.criterion) for line in lines] == [
        ("00010", "Thái độ công chức"), ("00010", "Thời gian giải quyết"),
        ("00011", "Thái độ công chức"), ("00011", "Thời gian giải quyết"),
    ]  # fmt: skip
    assert (lines[1].value, lines[1].n) == (pytest.approx(12.5), 28)
    assert (lines[1].se or 0) > 0
    earlier_id, file_id = session.execute(select(EarlierRound.id, EarlierRound.ballots_file_id)).one()
    data = app.extensions["files"].read(file_id, None)
    ballots = pd.read_parquet(io.BytesIO(data))
    assert list(ballots.columns) == ["xa", "q1", "q2", "quyen_so"]
    assert "Nguyễn".encode() not in data
    uploads = session.scalars(select(StoredFile).where(StoredFile.kind == "earlier_ballots_upload")).all()
    assert all(upload.destroyed_on for upload in uploads)
    again = client.post("/earlier/new", data=told(sav(tmp_path / "b.sav"), "phieu.sav", "ballots"))
    assert (again.status_code, "đã có phiếu" in again.text) == (422, True)
    session.rollback()
    assert client.post(f"/earlier/{earlier_id}/remove").status_code == 303
    assert session.get_one(StoredFile, file_id).destroyed_on is not None
