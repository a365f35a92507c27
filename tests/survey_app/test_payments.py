"""Payment lists: people are paid, amounts add up, and nothing leads from a payment to a ballot or an invitation."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import docx
import flask
import pytest
from rounds import make_round
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from staff import signed_in
from workbooks import workbook

from survey_app.documents.payment_list import amount_in_words, dotted
from survey_app.models.people import PaymentLine, PaymentList
from survey_app.queries.payments import payment_lists
from survey_app.roles import Role
from survey_app.services.payments import (
    Payment,
    PaymentsRefused,
    close_payment_list,
    delete_payment_list,
    make_payment_list,
    mark_paid,
    payees,
)
from survey_app.uploads import read_sheet

PAID = date(2026, 10, 20)
PEOPLE = [
    Payment("Nguyễn Thị A", "Điều tra viên", 10, 30_000, "Phường B", "0123", "Ngân hàng C"),
    Payment("Nguyễn Thị A", "Trả lời phiếu", 1, 50_000),
]


def test_a_list_is_sealed_marked_closed_and_joined_to_nobody(app: flask.Flask, session: Session):
    survey_round = make_round(session, app.extensions["keys"])
    key = app.extensions["contact_keys"].make(survey_round.code)
    made = make_payment_list(session, survey_round, "Tháng 10", PEOPLE, contact_key=key, account_id=None, today=PAID)
    lines = payees(session, made.id, key)
    assert [(line.name, line.account, line.amount) for line in lines] == [
        ("Nguyễn Thị A", "0123", 300_000),
        ("Nguyễn Thị A", "", 50_000),
    ]
    assert [line.name for line in payees(session, made.id, None)] == ["", ""]
    sealed = session.scalars(select(PaymentLine.sealed)).all()
    assert all("Nguyễn".encode() not in line and b"0123" not in line for line in sealed)
    assert len(set(map(len, sealed))) == 1
    assert mark_paid(session, made, [lines[0].id, 999], PAID) == 1
    (totals,) = payment_lists(session, survey_round.id)
    assert (totals.n_lines, totals.n_paid, totals.total, totals.paid) == (2, 1, 350_000, 300_000)
    with pytest.raises(PaymentsRefused, match="list_paid"):
        delete_payment_list(session, made)
    mark_paid(session, made, [lines[0].id], None)
    with pytest.raises(PaymentsRefused, match="nothing_chosen"):
        mark_paid(session, made, [999], PAID)
    close_payment_list(session, made, PAID)
    for act in (
        lambda: mark_paid(session, made, [lines[0].id], PAID),
        lambda: delete_payment_list(session, made),
        lambda: close_payment_list(session, made, PAID),
    ):
        with pytest.raises(PaymentsRefused, match="list_closed"):
            act()
    targets = {
        key.column.table.name for table in (PaymentList, PaymentLine) for key in inspect(table).local_table.foreign_keys
    }
    assert targets == {"survey_round", "account", "payment_list"}


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "không"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (105, "một trăm linh năm"),
        (350_000, "ba trăm năm mươi nghìn"),
        (1_000_005, "một triệu không trăm linh năm"),
        (2_045_011, "hai triệu không trăm bốn mươi lăm nghìn không trăm mười một"),
        (7_000_000_000, "bảy tỷ"),
    ],
)
def test_an_amount_is_written_in_words(amount: int, words: str):
    assert amount_in_words(amount) == words
    assert int(dotted(amount).replace(".", "")) == amount


def sent(*rows: tuple[object, ...]) -> dict[str, Any]:
    header = ("Họ và tên", "Đơn vị", "Nội dung", "Số lượng", "Số tiền", "Số tài khoản")
    return {"title": "Chi tháng 10", "file": (io.BytesIO(workbook(header, *rows)), "chi.xlsx")}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_list_comes_in_from_excel_is_marked_printed_and_closed(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    app.extensions["contact_keys"].make("small")
    session.commit()
    client = signed_in(app, Role.RESEARCHER)
    place = "/rounds/small/payments/"
    assert "Chưa có danh sách nào" in client.get(place).text
    assert client.post(place, data={}).status_code == 422
    faulty = sent(("A", "", "Công", 0, "30.000", ""), (None, "", "Công", 1, 2**31, ""))
    refused = client.post(place, data=faulty)
    assert refused.status_code == 422
    assert all(f"<strong>{cell}</strong>" in refused.text for cell in ("D2", "E2", "A3", "E3"))
    rows = [
        ("Trần <b>Văn</b> B", "Xã C", "Điều tra viên", 10, 30000, "00123"),
        ("Lê D", None, "=1+1", None, 50000, None),
    ]
    made = client.post(place, data=sent(*rows))
    assert made.status_code == 303
    page = client.get(made.location).text
    assert "2 người, 350.000 đồng; đã chi 0 người, 0 đồng." in page
    assert "Trần &lt;b&gt;Văn" in page
    ids = session.scalars(select(PaymentLine.id).order_by(PaymentLine.position)).all()
    session.rollback()
    assert client.post(made.location, data={"paid_on": "2026-10-20"}).status_code == 422
    assert client.post(made.location, data={"line": ids[0], "paid_on": "?"}).status_code == 422
    assert client.post(made.location, data={"line": ids[0], "paid_on": "2026-10-20"}).status_code == 303
    assert "đã chi 1 người, 300.000 đồng" in client.get(made.location).text
    everybody = {"all": "1", "paid_on": "2026-10-21"}
    assert client.post(made.location, data=everybody).status_code == 303
    assert "đã chi 2 người, 350.000 đồng" in client.get(made.location).text
    assert client.post(made.location, data={"line": ids[1], "act": "undo"}).status_code == 303
    assert "đã chi 1 người, 300.000 đồng" in client.get(made.location).text
    refused = client.post(f"{made.location}/delete")
    assert refused.status_code == 422
    assert "bỏ đánh dấu đã chi trước" in refused.text
    written = docx.Document(io.BytesIO(client.get(f"{made.location}/list.docx").data))
    assert [cell.text for cell in written.tables[1].rows[1].cells][1:7] == [
        "Trần <b>Văn</b> B", "Xã C", "Điều tra viên", "10", "30.000", "300.000"
    ]  # fmt: skip
    assert any("Ba trăm năm mươi nghìn đồng" in paragraph.text for paragraph in written.paragraphs)
    out = read_sheet(client.get(f"{made.location}/list.xlsx").data, "a.xlsx")
    assert out.rows[0][:7] == (1, "Trần <b>Văn</b> B", "Xã C", "Điều tra viên", 10, 30000, 300000)
    assert (out.rows[0][7], out.rows[1][3]) == ("00123", "=1+1")
    assert "không đánh dấu thêm được ai; 1 người" in client.get(f"{made.location}/close").text
    assert client.post(f"{made.location}/close").status_code == 303
    assert client.post(made.location, data={"line": ids[1], "paid_on": "2026-10-21"}).status_code == 422
    assert {client.get(f"{place}{number}/list.docx").status_code for number in (99, 10**30)} == {404}
    app.extensions["contact_keys"].destroy("small")
    for line in session.scalars(select(PaymentLine)):
        line.sealed = b""
    session.commit()
    assert "Trần" not in client.get(made.location).text
    assert client.get(f"{made.location}/list.docx").status_code == 410
    template = client.get(f"{place}template.xlsx").data
    assert client.post(place, data={"title": "Lại", "file": (io.BytesIO(template), "a.xlsx")}).status_code == 410
    assert signed_in(app, Role.SUPERVISOR).get(place).status_code == 403
