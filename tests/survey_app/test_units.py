"""Lists of units: what an upload would change is shown, and exactly that is done or nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import flask
import pandas as pd
import pytest
from flask.testing import FlaskClient
from rounds import make_round
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from staff import signed_in
from workbooks import workbook

from survey_app.db import Database
from survey_app.definitions import read_units, shipped_units
from survey_app.models.accounts import AuditEntry
from survey_app.models.jobs import StoredFile
from survey_app.models.units import Unit, UnitChange
from survey_app.queries.units import cities_with_units, units_of_city
from survey_app.roles import Role
from survey_app.security import KeyRing
from survey_app.services.opening import open_round
from survey_app.services.units import UnitLine, UnitsFixed, UnitsMoved, apply_units, plan_units
from survey_app.uploads import read_sheet

ON_SCREEN = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
HEADER = ("Mã đơn vị", "Tên đơn vị", "Loại", "Khối", "Dân số", "Nguồn dân số", "Ghi chú")
A = UnitLine("00001", "Phường A", "phuong", "xa_phuong", 1000, "TK 2025", "NQ 1")
B = UnitLine("00002", "Xã B", "xa", "xa_phuong")


def applied(session: Session, *lines: UnitLine, city: str = "somewhere") -> None:
    apply_units(session, city, lines, plan_units(session, city, lines).digest)


def test_a_list_adds_and_changes_what_it_says_and_keeps_the_rest(session: Session):
    applied(session, A, B)
    partial = [UnitLine("00002", population=900), UnitLine("00003", "Xã C", "xa", "x")]
    plan = plan_units(session, "somewhere", partial)
    assert [line.code for line in plan.new] == ["00003"]
    (changed,) = plan.changed
    assert (changed.code, [(c.field, c.old, c.new) for c in changed.changes]) == ("00002", [("population", None, 900)])
    assert plan.missing == (("00001", "Phường A"),)
    apply_units(session, "somewhere", partial, plan.digest)
    known = units_of_city(session, "somewhere")
    assert (known["00002"].name, known["00002"].population, known["00001"].population) == ("Xã B", 900, 1000)
    (count,) = cities_with_units(session)
    assert (count.n_units, count.n_without_population, count.population) == (3, 1, 1900)
    with pytest.raises(UnitsMoved):  # it was done already
        apply_units(session, "somewhere", partial, plan.digest)
    again = plan_units(session, "somewhere", partial)
    assert (again.is_empty, again.n_unchanged) == (True, 2)
    with pytest.raises(UnitsMoved):  # another list than the one that was shown
        apply_units(session, "somewhere", [*partial, UnitLine("00009", "Xã I", "xa", "x")], again.digest)


def test_what_opened_rounds_say_of_a_unit_stands_and_its_population_may_change(app: flask.Flask, session: Session):
    keys: KeyRing = app.extensions["keys"]
    survey_round = make_round(session, keys, opened=False)
    renamed = UnitLine("U1", "Tên khác", block="khac", population=5)
    assert len(plan_units(session, "somewhere", [renamed]).changed[0].changes) == 3  # the round is a draft
    open_round(session, survey_round)
    with pytest.raises(UnitsFixed) as refused:
        plan_units(session, "somewhere", [renamed])
    assert refused.value.faults == (("U1", "name"), ("U1", "block"))
    applied(session, UnitLine("U1", population=5, source_note="NQ 9"))
    assert units_of_city(session, "somewhere")["U1"].population == 5


# --- on screen -------------------------------------------------------------------------------------------------------


def sent(data: bytes, city: str = "hanoi", name: str = "units.xlsx") -> dict[str, Any]:
    return {"city": city, "file": (io.BytesIO(data), name)}


def digest(page: str) -> dict[str, str]:
    return {"digest": re.search(r'name="digest" value="(\w+)"', page)[1]}


def hanoi() -> list[tuple[object, ...]]:
    """The 126 phường and xã with populations that are made up."""
    units = read_units(shipped_units()["hanoi"])
    units = units[units["block"] == "xa_phuong"]
    words = {"phuong": "Phường", "xa": "Xã"}
    return [
        (unit.unit_code, unit.name, words[unit.unit_type], "Xã, phường", 20_000 + 500 * i, "số liệu giả", "")
        for i, unit in enumerate(units.itertuples())
    ]


def confirmed(client: FlaskClient, path: str, data: bytes) -> str:
    """An upload taken through its preview; the preview."""
    response = client.post(path, data=sent(data))
    assert response.status_code == 303, response.text
    preview = client.get(response.location)
    assert client.post(response.location, data=digest(preview.text)).status_code == 303
    return preview.text


@ON_SCREEN
def test_the_communes_of_hanoi_come_in_from_excel_are_corrected_and_go_out_again(app: flask.Flask, session: Session):
    client = signed_in(app, Role.RESEARCHER, username="lan")
    assert "Chưa có đơn vị nào của Hà Nội" in client.get("/units/").text
    rows = hanoi()
    preview = confirmed(client, "/units/import", workbook(HEADER, *rows))
    assert "126 đơn vị mới, 0 đơn vị thay đổi" in preview
    page = client.get("/units/?f_name=Ba+Đình").text
    assert "126 đơn vị, tổng dân số đã biết 6.457.500 người." in page
    assert "Phường Ba Đình" in page
    assert "Xã Sóc Sơn" not in page
    out = read_sheet(client.get("/units/?format=xlsx&f_unit_type=xa").data, "a.xlsx")
    assert (len(out.rows), out.rows[0][3]) == (75, "Xã, phường")
    template = client.get("/units/template.xlsx?city=hanoi").data
    response = client.post("/units/import", data=sent(template))
    assert "Tệp không làm thay đổi gì" in client.get(response.location).text
    corrected = [(code, 7) for code, *_rest in rows[:2]]
    preview = confirmed(client, "/units/import", workbook(("Mã đơn vị", "Dân số"), *corrected))
    assert "0 đơn vị mới, 2 đơn vị thay đổi" in preview
    assert "Không có trong tệp, được giữ nguyên (124)" in preview
    assert session.scalars(select(func.count()).where(Unit.population == 7)).one() == 2
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.details["new"]) for entry in entries] == [
        ("units.imported", 126),
        ("units.imported", 0),
    ]
    kept = session.scalars(select(StoredFile).where(StoredFile.destroyed_on.is_(None))).all()
    assert len(kept) == 1  # the upload that was not confirmed waits for a day


BAD_LISTS = [
    ([("1", "Phường A", "Phường", "xa_phuong"), ("00002", "Xã B", "Xã", "xa_phuong")], {"A2": "có lẽ là “00001”"}),
    ([(1, "Phường A", "Phường", "xa_phuong"), ("00002", "Xã B", "Xã", "xa_phuong")], {"A2": "có lẽ là “00001”"}),
    ([("a b", "A", "Xã", "xa"), ("c", None, "Xã", "xa")], {"A2": "ký tự lạ", "A3": "phải ghi đủ: Tên đơn vị"}),
    ([("a", "A", "Thị trấn", "Khối?"), ("a", "B", "xa", "x")], {"C2": "Thị trấn", "D2": "Khối?", "A3": "đã có ở ô A2"}),
    (
        [("a", "A" * 301, "xa", "x", "1.000"), (None, "B", "xa", "x", 5)],
        {"B2": "300", "E2": "số nguyên", "A3": "trống"},
    ),
]


@ON_SCREEN
def test_a_bad_list_is_refused_by_cell_and_nothing_is_kept(app: flask.Flask, session: Session):
    client = signed_in(app, Role.RESEARCHER)
    assert client.post("/units/import", data={"city": "hanoi"}).status_code == 422
    for rows, faults in BAD_LISTS:
        response = client.post("/units/import", data=sent(workbook(HEADER, *rows)))
        assert response.status_code == 422
        for cell, words in faults.items():
            assert re.search(rf"<strong>{cell}</strong>: [^<]*{re.escape(words)}", response.text), response.text
    html = "<script>alert(1)</script>"
    response = client.post("/units/import", data=sent(workbook(HEADER, ("a", html, "xa", "khoi_la"))))
    preview = client.get(response.location).text
    assert "khoi_la. Hãy chắc chắn" in preview
    assert html not in preview
    assert "&lt;script&gt;" in preview
    assert session.scalars(select(func.count(Unit.id))).one() == 0
    other = signed_in(app, Role.RESEARCHER)
    assert other.get(response.location).status_code == 404  # somebody else's upload
    assert signed_in(app, Role.SUPERVISOR).post("/units/import", data=sent(b"")).status_code == 403


@ON_SCREEN
def test_nothing_is_applied_if_the_units_changed_since_the_preview(app: flask.Flask, session: Session):
    client = signed_in(app, Role.RESEARCHER)
    response = client.post("/units/import", data=sent(workbook(HEADER, ("U1", "Mới", "so", "so"))))
    shown = digest(client.get(response.location).text)
    database: Database = app.extensions["database"]
    with database.transaction() as other:
        applied(other, UnitLine("U2", "Khác", "so", "so"), city="hanoi")
        other.commit()
    moved = client.post(response.location, data=shown)
    assert moved.status_code == 422
    assert "danh sách đã thay đổi từ lúc xem trước" in moved.text
    assert set(units_of_city(session, "hanoi")) == {"U2"}
    session.rollback()
    assert client.post(response.location, data=digest(moved.text)).status_code == 303
    assert set(units_of_city(session, "hanoi")) == {"U1", "U2"}
    assert client.get(response.location).status_code == 404  # confirmed and gone


@ON_SCREEN
def test_a_unit_imported_by_mistake_is_removed_unless_something_speaks_of_it(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    applied(session, A)
    session.commit()
    client = signed_in(app, Role.RESEARCHER)
    page = client.get("/units/?city=somewhere").text
    assert "Xóa 00001" in page
    assert "Xóa U1" not in page
    assert "Xóa đơn vị 00001 – Phường A?" in client.get("/units/remove?city=somewhere&code=00001").text
    assert client.post("/units/remove?city=somewhere&code=00001").status_code == 303
    assert client.post("/units/remove?city=somewhere&code=00001").status_code == 404
    refused = client.post("/units/remove?city=somewhere&code=U1")
    assert refused.status_code == 422
    assert "đang gắn với đơn vị này" in refused.text
    assert set(units_of_city(session, "somewhere")) == {"U1", "U2", "U3", "U4"}
    assert "Thao tác" not in signed_in(app, Role.SUPERVISOR).get("/units/?city=somewhere").text


CROSSWALK = ("Mã cũ", "Tên cũ", "Mã mới", "Tỷ lệ", "Dân số đơn vị cũ", "Ngày hiệu lực", "Căn cứ")


@ON_SCREEN
def test_a_crosswalk_comes_in_from_excel_is_corrected_and_removed(app: flask.Flask, session: Session):
    client = signed_in(app, Role.RESEARCHER)
    applied(session, A, B, city="hanoi")
    session.commit()
    assert "Chưa có bảng đối chiếu" in client.get("/units/changes").text
    rows: list[Sequence[object]] = [
        ("00091", "Xã I", "00001", None, 100, "2025-07-01", "NQ"),
        ("00092", "Xã II", "00001", "0,4", 200, "2025-07-01", "NQ"),
        ("00092", "Xã II", "00002", "60%", 200, "2025-07-01", "NQ"),
    ]
    preview = confirmed(client, "/units/changes/import", workbook(CROSSWALK, *rows))
    assert "2 đơn vị cũ mới ghi, 0 đơn vị cũ được ghi lại" in preview
    page = client.get("/units/changes").text
    assert "40,0 %" in page
    assert "01/07/2025" in page
    out = client.get("/units/changes?format=xlsx").data
    assert pd.Series(read_sheet(out, "a.xlsx").column("Tỷ lệ dân số chuyển sang")).tolist() == [1, 0.4, 0.6]
    again = client.post("/units/changes/import", data=sent(client.get("/units/changes/template.xlsx").data))
    assert "bảng đã đúng như trong tệp" in client.get(again.location).text
    faulty = [
        ("00093", "", "00077", 1, None, "2025-07-01"),
        ("00094", "", 1, 0.5, None, "01/07/2025"),
        ("00095", "", "00001", 0.5, None, "2025-07-01"),
        ("00095", "", "00001", None, None, "2025-07-01"),
    ]
    refused = client.post("/units/changes/import", data=sent(workbook(CROSSWALK, *faulty)))
    assert refused.status_code == 422
    for cell in ("C2", "C3", "F3", "D5", "A5"):
        assert f"<strong>{cell}</strong>" in refused.text
    short = [("00096", "", "00001", 0.5, None, "2025-07-01"), ("00096", "", "00002", 0.4, None, "2025-07-01")]
    refused = client.post("/units/changes/import", data=sent(workbook(CROSSWALK, *short)))
    assert "<strong>D2</strong>: Các tỷ lệ của đơn vị cũ “00096” cộng lại bằng 0,900" in refused.text
    assert "01/07/2025" in client.get("/units/changes/remove?city=hanoi").text
    assert client.post("/units/changes/remove?city=hanoi", data={"effective_on": "x"}).status_code == 404
    assert client.post("/units/changes/remove?city=hanoi", data={"effective_on": "2025-07-01"}).status_code == 303
    assert session.scalars(select(func.count(UnitChange.id))).one() == 0
