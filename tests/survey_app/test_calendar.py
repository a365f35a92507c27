"""Working days: the law's holidays, Tết, days swapped by decision; the page where they are read and noted."""

import io
from datetime import date, timedelta

import flask
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.access import Role
from survey_app.services.calendar import (
    Decision,
    add_working_days,
    decide,
    decided_days,
    decisions_of,
    is_working,
    special_days,
    take_back,
    working_days_between,
    working_days_of_month,
)

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
DECIDED = {date(2027, 1, 2): True, date(2027, 2, 11): False}
ON_SCREEN = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def test_tet_and_the_other_holidays_are_not_worked():
    off = [date(2026, 2, 16) + timedelta(n) for n in range(5)]  # 17/02/2026 is mùng 1, Bính Ngọ
    off += [date(2027, 2, 5), date(2027, 2, 8), date(2027, 2, 9)]  # 06/02/2027 is mùng 1, Đinh Mùi
    off += [
        date(2026, 1, 1),
        date(2026, 4, 27),
        date(2026, 4, 30),
        date(2026, 5, 1),
        date(2026, 9, 1),
        date(2026, 9, 2),
    ]
    assert not any(map(is_working, off))
    assert all(map(is_working, (date(2026, 2, 13), date(2026, 2, 23), date(2026, 3, 2))))
    assert is_working(date(2026, 8, 22))  # a Saturday, worked for Monday 31 August
    assert not is_working(date(2026, 8, 31))


def test_days_are_counted_over_tet():
    friday, monday = date(2026, 2, 13), date(2026, 2, 23)
    assert add_working_days(friday, 1) == monday
    assert add_working_days(monday, -1) == friday
    assert (working_days_between(friday, monday), working_days_between(monday, friday)) == (1, -1)
    assert working_days_between(friday, date(2026, 2, 20)) == 0
    assert [working_days_of_month(2026, month) for month in (2, 3, 12)] == [15, 22, 23]


def test_a_decision_overrules_the_law():
    assert (is_working(date(2027, 1, 2), DECIDED), is_working(date(2027, 2, 11), DECIDED)) == (True, False)
    assert add_working_days(date(2026, 12, 31), 1, DECIDED) == date(2027, 1, 2)


@given(DAYS, st.integers(-60, 60))
def test_adding_and_counting_agree(day: date, n: int):
    reached = add_working_days(day, n, DECIDED)
    if n >= 0 or is_working(day, DECIDED):
        assert working_days_between(day, reached, DECIDED) == n
    assert n == 0 or is_working(reached, DECIDED)


def test_decisions_are_kept_replaced_and_taken_back(session: Session):
    day = date(2027, 1, 2)
    decide(session, [Decision(day, is_working=True, name="Làm bù", source="QĐ 1")])
    decide(session, [Decision(day, is_working=False, name="Nghỉ", source="QĐ 2")])
    assert decided_days(session) == {day: False}
    (shown,) = [one for one in special_days(2027, decisions_of(session)) if one.day == day]
    assert (shown.name, shown.source, shown.is_decided) == ("Nghỉ", "QĐ 2", True)
    take_back(session, day)
    assert decided_days(session) == {}
    with pytest.raises(ValueError, match="2027-01-02"):
        take_back(session, day)


def workbook(*rows: tuple[object, ...]) -> dict[str, object]:
    book = openpyxl.Workbook()
    for row in (("Ngày", "Làm việc", "Lý do", "Căn cứ"), *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return {"file": (io.BytesIO(out.getvalue()), "lich.xlsx")}


@ON_SCREEN
def test_the_year_is_read_and_days_are_noted_imported_and_taken_back(app: flask.Flask, session: Session):
    browser = signed_in(app, Role.ADMINISTRATOR)
    page = browser.get("/calendar/?year=2026").text
    assert "Tết Nguyên Đán" in page
    assert "17/02/2026" in page
    browser.set_cookie("lang", "en")
    assert "Lunar New Year" in browser.get("/calendar/?year=2026").text
    browser.set_cookie("lang", "vi")
    refused = browser.post("/calendar/", data={"day": "2027-01-02", "name": "Làm bù"})
    assert refused.status_code == 422
    assert "Xin nhập căn cứ." in refused.text
    filled = {"day": "2027-01-02", "is_working": "y", "name": "Làm bù", "source": "Thông báo 1"}
    assert browser.post("/calendar/", data=filled).status_code == 303
    faulty = browser.post(
        "/calendar/import", data=workbook(("mai", "có", "Bù", "QĐ"), (date(2027, 1, 4), "?", "", "QĐ"))
    )
    assert faulty.status_code == 422
    assert all(cell in faulty.text for cell in ("A2", "B3", "C3"))
    assert decided_days(session) == {date(2027, 1, 2): True}
    session.rollback()
    again = browser.get("/calendar/template.xlsx")
    assert browser.post("/calendar/import", data={"file": (io.BytesIO(again.data), "lich.xlsx")}).status_code == 303
    assert browser.post("/calendar/import", data=workbook((date(2027, 1, 4), "không", "Bù", "QĐ"))).status_code == 303
    assert browser.post("/calendar/2027-01-02/remove").status_code == 303
    assert date(2027, 1, 4) in decided_days(session)
    assert date(2027, 1, 2) not in decided_days(session)
    assert browser.post("/calendar/2027-01-02/remove").status_code == 404
    assert signed_in(app, Role.SUPERVISOR).post("/calendar/", data=filled).status_code == 403
