"""Forms on the screen: upload, compare, edit by two people, publish, download."""

import io
import zipfile
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from staff import signed_in

from instruments.loading import catalogue
from instruments.xlsform import dump_xlsx, parse_xlsx, parse_yaml
from survey_app.models.accounts import AuditEntry
from survey_app.models.drafts import FormDraft
from survey_app.models.rounds import InstrumentVersion
from survey_app.roles import Role

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

SOURCE = catalogue()["so_2026_hdnd"].read_text(encoding="utf-8")


@pytest.fixture
def researcher(app: flask.Flask) -> FlaskClient:
    return signed_in(app, Role.RESEARCHER, username="lan")


def uploaded(client: FlaskClient, data: bytes, name: str, **fields: str) -> Any:
    return client.post("/forms/upload", data={"file": (io.BytesIO(data), name), **fields})


def page(response: Any) -> html.HtmlElement:
    return html.fromstring(response.text)


def typed(response: Any) -> dict[str, str]:
    """What the last form of a page would send."""
    return {key: value.strip() for key, value in page(response).forms[-1].form_values() if key != "csrf_token"}


def draft(session: Session) -> FormDraft:
    session.rollback()
    return session.scalars(select(FormDraft)).one()


def spoilt(sheet: str, cell: str, value: object) -> bytes:
    """The form as .xlsx with one cell changed."""
    book = load_workbook(io.BytesIO(dump_xlsx(parse_yaml(SOURCE, "a"))))
    book[sheet][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>" + " " * 50_000_000)
    return out.getvalue()


def test_a_form_is_uploaded_and_every_fault_named_by_its_cell(researcher: FlaskClient, session: Session):
    wrong_type = uploaded(researcher, spoilt("survey", "A3", "select_on quality5"), "phieu.xlsx")
    assert wrong_type.status_code == 422
    assert "trang tính survey, hàng 3, cột type" in page(wrong_type).text_content()
    researcher.set_cookie("lang", "en")
    english = uploaded(researcher, spoilt("survey", "A3", "select_on quality5"), "phieu.xlsx")
    assert "sheet survey, row 3, column type" in page(english).text_content()
    researcher.set_cookie("lang", "vi")
    for data, name, words in [
        (bomb(), "bom.xlsx", "giải nén ra quá lớn"),
        (spoilt("survey", "XFD100", "x"), "xa.xlsx", "trải trên 100 hàng"),
        (b"<html>", "a.xlsx", "không phải là một tệp Excel"),
        (b"PK\x03\x04" + b"x" * 50, "a.yaml", "không phải là YAML"),
        (b"[" * 100_000, "a.yaml", "không đọc được YAML"),
        (b"settings: {form_id: \xea}", "a.yml", "UTF-8"),
        (b"x", "a.docx", "Không đọc được loại tệp"),
        (b"", "a.xlsx", "Tệp trống"),
    ]:
        refused = uploaded(researcher, data, name)
        assert (refused.status_code, words in page(refused).text_content()) == (422, True), name
    assert researcher.post("/forms/upload").status_code == 422
    assert session.scalar(select(func.count(FormDraft.id))) == 0

    unsound = spoilt("survey", "A3", "select_one khong_co")
    assert uploaded(researcher, unsound, "phieu.xlsx").status_code == 422
    kept = uploaded(researcher, unsound, "phieu.xlsx", anyway="y")
    assert kept.status_code == 303
    assert "khong_co" in page(researcher.get(kept.location)).text_content()
    stored = draft(session)
    unsound_pages = ("draft-1", "compare?new=draft-1&old=draft-1", "drafts/1/edit", "drafts/1/publish")
    for address in (*unsound_pages, "drafts/1/questions/resolutions", "draft-1/download/xlsx"):
        assert researcher.get(f"/forms/{address}").status_code == 200, address
    for address in ("draft-1/preview", "draft-1/download/codebook"):
        assert "Phiếu còn lỗi" in researcher.get(f"/forms/{address}", follow_redirects=True).text
    again = uploaded(researcher, SOURCE.encode(), "phieu.yaml", draft=str(stored.id), revision="1")
    assert (again.status_code, draft(session).source, draft(session).revision) == (303, SOURCE, 2)
    stale = uploaded(researcher, unsound, "phieu.xlsx", draft=str(stored.id), revision="1", anyway="y")
    assert (stale.status_code, draft(session).source) == (409, SOURCE)
    assert "Lan đã lưu" in page(stale).text_content()


def test_a_form_is_published_once_under_its_number_and_downloaded_as_it_is(researcher: FlaskClient, session: Session):
    uploaded(researcher, SOURCE.encode(), "phieu.yaml")
    asked = page(researcher.get("/forms/drafts/1/publish"))
    assert "đóng băng" in asked.text_content()
    assert session.scalar(select(func.count(InstrumentVersion.id))) == 0
    done = researcher.post("/forms/drafts/1/publish", data={"revision": "1"})
    assert done.location == "/forms/version-1"
    assert researcher.post("/forms/drafts/1/publish", data={"revision": "1"}).location == "/forms/version-1"
    settings = typed(researcher.get("/forms/drafts/1/edit"))
    assert researcher.post("/forms/drafts/1/edit", data=settings | {"title_vi": "Phiếu khác"}).status_code == 303
    taken = researcher.post("/forms/drafts/1/publish", data={"revision": "2"})
    assert taken.status_code == 422
    assert "ví dụ 2026.2" in page(taken).text_content()
    assert researcher.post("/forms/drafts/1/publish", data={"revision": "1"}).status_code == 409
    yaml = researcher.get("/forms/version-1/download/yaml")
    assert yaml.data.decode() == SOURCE
    excel = researcher.get("/forms/version-1/download/xlsx")
    assert parse_xlsx(excel.data, "a.xlsx") == parse_yaml(SOURCE, "a")
    sheet = load_workbook(io.BytesIO(researcher.get("/forms/draft-1/download/codebook").data)).worksheets[0]
    assert [sheet["A2"].value, sheet["I2"].value] == ["resolutions", "SO.CHI_DAO"]
    compared = page(researcher.get("/forms/compare?new=draft-1")).text_content()
    assert "Phiếu khác" in compared
    assert "nối tiếp được" in compared
    assert researcher.post("/forms/start", data={"source": "version-1"}).location == "/forms/drafts/2/edit"
    session.rollback()
    actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["form.uploaded", "form.published", "form.edited", "form.started"]


def test_two_editors_lose_nothing_that_they_typed(app: flask.Flask, researcher: FlaskClient, session: Session):
    uploaded(researcher, SOURCE.encode(), "phieu.yaml")
    other = signed_in(app, Role.RESEARCHER, username="minh")
    address = "/forms/drafts/1/questions/resolutions"
    mine, theirs = (typed(client.get(address)) for client in (researcher, other))
    assert mine["criterion"] == "SO.CHI_DAO"
    assert other.post(address, data=theirs | {"label_vi": "Câu của Minh", "label_en": "Minh's"}).status_code == 303
    told = researcher.post(address, data=mine | {"label_vi": "Câu của Lan", "hint_vi": "Chỉ dẫn của Lan"})
    assert told.status_code == 409
    assert "Minh đã lưu" in told.text
    assert "Câu của Minh" in told.text
    merged = typed(told)
    assert (merged["label_vi"], merged["label_en"], merged["hint_vi"]) == ("Câu của Lan", "Minh's", "Chỉ dẫn của Lan")
    assert "Câu của Lan" not in draft(session).source
    assert researcher.post(address, data=merged).status_code == 303
    question = next(parse_yaml(draft(session).source, "a").questions)
    assert (question.label, question.hint) == ({"vi": "Câu của Lan", "en": "Minh's"}, {"vi": "Chỉ dẫn của Lan"})
    assert draft(session).source.startswith("# Round of sở 2026")  # comments stay
    researcher.post("/forms/drafts/1/undo", data={"revision": "3"})
    assert "Câu của Minh" in draft(session).source
    other.post("/forms/drafts/1/remove", data={"what": "question", "name": "resolutions", "revision": "4"})
    gone = researcher.post(address, data=merged)
    assert (gone.status_code, "Câu của Lan" in gone.text) == (409, True)


def test_questions_sections_and_lists_are_added_moved_reworded_and_removed(researcher: FlaskClient, session: Session):
    uploaded(researcher, SOURCE.encode(), "phieu.yaml")
    revision = 1

    def post(address: str, status: int = 303, **data: str) -> Any:
        nonlocal revision
        answer = researcher.post(f"/forms/drafts/1/{address}", data={"revision": str(revision)} | data)
        assert answer.status_code == status, page(answer).text_content()
        revision = draft(session).revision
        return answer

    def form():
        return parse_yaml(draft(session).source, "a")

    post("move", go="question-down:resolutions")
    assert [question.name for question in form().questions][:2] == ["draft_quality", "resolutions"]
    post("move", go="section-down:departments")
    assert [section.name for section in form().sections] == ["next_year", "departments"]
    new = {"kind": "select_one", "name": "resolutions", "label_vi": "Mới", "label_en": "New", "list_name": "quality5"}
    new |= {"measure": "", "criterion": ""}
    assert "Mã “resolutions” đã có" in post("sections/departments/add", 422, **new).text
    assert "cần một danh sách" in post("sections/departments/add", 422, **new | {"name": "moi", "list_name": ""}).text
    post("sections/departments/add", **new | {"name": "moi", "criterion": "SO.BO_MAY", "required": "y"})
    added = form().sections[1].questions[-1]
    assert (added.name, added.list_name, added.criterion, added.required) == ("moi", "quality5", "SO.BO_MAY", True)
    post(
        "sections", section_name="them", section_vi="Thêm", section_en="More", **{**new, "kind": "text", "name": "gopy"}
    )
    post("sections/them", label_vi="Thêm nữa", label_en="More", hint_vi="Xin ghi ngắn", layout="")
    assert (form().sections[2].label["vi"], form().sections[2].hint) == ("Thêm nữa", {"vi": "Xin ghi ngắn"})
    used = post("remove", what="list", name="quality5")
    assert "đang được dùng" in page(researcher.get(used.location)).text_content()
    post("remove", what="section", name="them")
    assert len(form().sections) == 2

    opened = page(researcher.get("/forms/drafts/1/lists/quality5"))
    assert "dùng chung cho 6 câu" in opened.text_content()
    rows = dict(opened.forms[-1].form_values()) | {"row": ["0", "1", "2", "3", "4", "5"]}
    turned = post("lists/quality5", 200, **rows | {"go": "up:5", "vi-0": "Tệ"})
    rows = dict(page(turned).forms[-1].form_values()) | {"row": ["0", "1", "2", "3", "4", "5"]}
    assert (rows["name-4"], rows["name-5"], rows["vi-0"]) == ("98", "5", "Tệ")
    post("lists/quality5", **rows | {"go": "save"})
    assert [choice.name for choice in form().choices["quality5"]] == ["1", "2", "3", "4", "98", "5"]
    assert form().choices["quality5"][0].label == {"vi": "Tệ", "en": "Very poor"}
    post("lists", 422, go="save", list_name="có dấu", row="0", **{"name-0": "a", "vi-0": "A"})
    post("lists", go="save", list_name="yesno", row="0", **{"name-0": "yes", "vi-0": "Có", "en-0": "Yes"})
    assert form().choices["yesno"][0].label == {"vi": "Có", "en": "Yes"}
    assert page(researcher.get("/forms/drafts/1/edit")).get_element_by_id("list-yesno") is not None
    post("move", 400, go="nothing")
    researcher.post("/forms/drafts/1/discard", data={"revision": str(revision)})
    assert researcher.get("/forms/draft-1").status_code == 404
