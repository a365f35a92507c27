"""The pages of sample designs, as a researcher without JavaScript uses them."""

import io

import openpyxl
import pytest
from docx import Document
from lxml import html
from rounds import a_group, a_plan, background, form, make_round, people
from sqlalchemy import select
from staff import signed_in

from survey_app.models.accounts import AuditEntry
from survey_app.models.designs import SamplePlan
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup
from survey_app.models.units import Unit
from survey_app.queries.designs import adopted_plan
from survey_app.roles import Role

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

ROOM = "/rounds/small/design/"
UNITS = tuple(f"{number:05}" for number in range(4, 10))
ASKED = {
    "coverage": "sample", "size_by": "total", "total": "1.200", "confidence": "95", "measure": "share", "p": "50",
    "stages": "one", "deff": "1,5", "dont_know": "0", "icc": "0,05", "response_rate": "60", "minimum": "30",
    "method": "equal", "exponent": "0,5", "power": "80", "variance": "own", "action": "compute",
}  # fmt: skip


@pytest.fixture
def researcher(app, session):
    """A browser of the Institute, and a round of six communes with their people."""
    groups = (a_group("people", scope=RatingScope.OWN, mode=Mode.OPEN_LINK), a_group("staff"))
    make_round(session, app.extensions["keys"], a_plan(*groups), units=UNITS, opened=False)
    for place, unit in enumerate(session.scalars(select(Unit).order_by(Unit.code))):
        unit.population = 10_000 * (place + 1)
    session.commit()
    return signed_in(app, Role.RESEARCHER)


def table_of(response):
    return html.fromstring(response.text).get_element_by_id("population").text.strip("\n")


def said(response):
    return [" ".join(line.text_content().split()) for line in html.fromstring(response.text).cssselect(".summary li")]


def cells(response, caption):
    """The rows of the table with this caption, as text."""
    (table,) = html.fromstring(response.text).xpath(f"//table[caption[contains(., '{caption}')]]")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath(".//tbody/tr")]


def test_a_design_from_the_first_look_to_the_plan_that_is_adopted(researcher, session):
    assert "Chưa có phương án nào" in researcher.get(ROOM).text
    first = researcher.get(f"{ROOM}new?group=people&icc=0.08&deff=1.7&response_rate=0.62&dont_know=0.1")
    values = {field.get("name"): field.get("value") for field in html.fromstring(first.text).cssselect("input")}
    assert (values["icc"], values["deff"], values["response_rate"], values["dont_know"]) == ("0,08", "1,7", "62", "10")
    table = table_of(first)
    assert table.splitlines()[1].startswith("00004\tĐơn vị 00004\t10000")

    asked = {**ASKED, "population": table, "unit_margin": "5", "cost_paper": "30.000"}
    computed = researcher.post(f"{ROOM}new?group=people", data=asked)
    assert computed.status_code == 200
    first_unit = ["00004", "Đơn vị 00004", "10.000", "200", "334", "8,4", "17,2", "6.000.000"]
    assert cells(computed, "Phân bổ mẫu")[0] == first_unit
    assert "6 đơn vị không phân biệt được với nhau nếu chênh lệch nhỏ hơn 17,2 điểm phần trăm" in computed.text
    assert cells(computed, "Cùng sai số")[0][:3] == ["Yamane (chỉ để so sánh)", "400", "400"]
    assert 'src="data:image/svg+xml;base64,' in computed.text
    assert session.scalar(select(SamplePlan.id)) is None
    session.rollback()  # so that what the pages commit is seen

    nameless = researcher.post(f"{ROOM}new?group=people", data={**asked, "action": "save"})
    assert (nameless.status_code, said(nameless)) == (422, ["Tên phương án: Xin đặt tên cho phương án trước khi lưu."])
    named = {**asked, "action": "save", "name": "1.200 phiếu", "justification": "Kinh phí có hạn.\nNăm trước cũng vậy."}
    saved = researcher.post(f"{ROOM}new?group=people", data=named)
    assert saved.status_code == 303
    other = researcher.post(f"{ROOM}new?group=people", data={**named, "name": "1.800 phiếu", "total": "1.800"})
    place = saved.location.removesuffix("/")

    page = researcher.get(place)
    assert "chưa áp dụng" in page.text
    assert researcher.get(f"{place}/margins.svg").data.startswith(b"<?xml")
    assert researcher.post(f"{place}/adopt").status_code == 303
    assert "áp dụng từ" in researcher.get(place).text
    beside = cells(researcher.get(ROOM), "bên cạnh nhau")
    assert beside[0] == ["Số phiếu", "1.800", "1.200"]
    group = session.scalars(select(RespondentGroup).where(RespondentGroup.code == "people")).one()
    assert group.target_ballots == adopted_plan(session, group.id).total == 1_200
    logged = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert logged[-3:] == ["sample_plan.saved", "sample_plan.saved", "sample_plan.adopted"]

    sheet = openpyxl.load_workbook(io.BytesIO(researcher.get(f"{place}?format=xlsx").data)).active
    assert [cell.value for cell in sheet["A"]][-6:] == list(UNITS)
    paper = Document(io.BytesIO(researcher.get(f"{place}/word").data))
    assert [cell.text for cell in paper.tables[0].rows[1].cells] == first_unit
    assert "Năm trước cũng vậy." in [paragraph.text for paragraph in paper.paragraphs]
    again = researcher.get(f"{ROOM}new?group=people&plan={place.rsplit('/', 1)[-1]}")
    assert 'value="1200"' in again.text
    assert other.status_code == 303
    assert researcher.get(f"{ROOM}999").status_code == 404
    assert researcher.get(f"{ROOM}new?group=nobody").status_code == 404


def test_faults_stand_at_their_rows_and_fields_and_nothing_typed_is_lost(researcher):
    typed = "Mã\tTên\tSố người\n4\tA\t-5\n00005\t<b>x</b>\t\n"
    wrong = researcher.post(f"{ROOM}new?group=people", data={**ASKED, "population": typed, "total": "abc", "p": "150"})
    assert wrong.status_code == 422
    assert said(wrong) == [
        "Bảng số người: Dòng 2: mã “4” đã mất số 0 ở đầu; đúng ra là “00004”.",
        "Bảng số người: Dòng 2: “-5” phải là số lớn hơn 0.",
        "Bảng số người: Dòng 3: thiếu số người.",
        "Tổng số phiếu: “abc” không phải là một số. Ví dụ: 0,05 hoặc 9.000.",
        "Tỷ lệ dự kiến (%): Không được quá 100,00.",
    ]
    assert table_of(wrong) == typed.strip("\n")
    for changes, words in (
        ({"total": "100"}, "Tổng số phiếu: 100 phiếu không đủ cho mức ít nhất của mọi đơn vị, cần từ 180 phiếu."),
        ({"size_by": "margins"}, "Sai số của kết quả chung (±): Xin cho sai số cần đạt"),
        ({"size_by": "budget", "budget": "5.000.000"}, "Xin cho đơn giá một phiếu"),
        ({"stages": "two", "take": "10"}, "Số thôn của một đơn vị: Xin cho số thôn"),
        ({"measure": "mean"}, "Độ lệch chuẩn dự kiến: Xin cho độ lệch chuẩn"),
    ):
        table = "\n".join(f"{code};;{10_000}" for code in UNITS)
        refused = researcher.post(f"{ROOM}new?group=people", data={**ASKED, "population": table, **changes})
        assert refused.status_code == 422
        assert any(words in line for line in said(refused)), said(refused)


def test_a_table_comes_from_excel_with_faults_by_cell(researcher):
    template = researcher.get(f"{ROOM}template.xlsx?group=people").data
    book = openpyxl.load_workbook(io.BytesIO(template))
    rows = list(book.active.iter_rows())
    (top,) = [place for place, row in enumerate(rows) if row[0].value == "Mã"]
    assert [cell.value for cell in rows[top + 1]][:3] == ["00004", "Đơn vị 00004", 10_000]

    def sent(change):
        rows[top + 1][2].value, rows[top + 1][3].value = change, 40
        target = io.BytesIO()
        book.save(target)
        files = {"sheet": (io.BytesIO(target.getvalue()), "dan-so.xlsx")}
        return researcher.post(f"{ROOM}new?group=people", data={**ASKED, "population": "", **files})

    assert said(sent("nhiều"))[-1] == f"Hoặc lấy bảng từ tệp Excel: C{top + 2}: “nhiều” không phải là số nguyên."
    headless = {"sheet": (io.BytesIO(b"a,b\nx,2\n"), "bang.csv")}
    refused = researcher.post(f"{ROOM}new?group=people", data={**ASKED, "population": "", **headless})
    assert said(refused)[-1] == "Hoặc lấy bảng từ tệp Excel: Thiếu cột “Số người”. Tệp có các cột: a, b."
    read = sent(12_345)
    assert read.status_code == 200
    assert table_of(read).splitlines()[1] == "00004\tĐơn vị 00004\t12345\t40"


def test_a_design_says_beforehand_how_many_anonymity_asks_for(app, session):
    """Two kinds of people by the form's background, three alike at least: six are to be invited at each unit."""
    closed = a_group("officials", scope=RatingScope.OWN, instrument=form(background("gender")))
    typed = a_group("typed", scope=RatingScope.OWN, instrument=form(background("age", "integer"), version="2"))
    listed = {code: people(6, *UNITS, prefix=code) for code in ("officials", "typed")}
    make_round(session, app.extensions["keys"], a_plan(closed, typed), listed, units=UNITS, opened=False)
    session.commit()
    researcher = signed_in(app, Role.RESEARCHER)
    first = researcher.get(f"{ROOM}new?group=officials")
    assert "mời ít nhất 6 người ở mỗi đơn vị (k = 3 × 2 loại người theo câu hỏi nhân thân (gender))" in first.text
    table = "\n".join(f"{code};;{10_000}" for code in UNITS)
    asked = {**ASKED, "population": table, "total": "18", "minimum": "2", "response_rate": "60"}
    few = researcher.post(f"{ROOM}new?group=officials", data=asked).text
    assert "6 đơn vị được mời dưới 6 người" in few
    assert "từ 4 trở lên" in few
    enough = researcher.post(f"{ROOM}new?group=officials", data={**asked, "total": "24", "action": "least"}).text
    assert "nên đợt sẽ không mở được" not in enough
    (least,) = html.fromstring(enough).cssselect("input[name=minimum]")
    assert least.get("value") == "4"
    assert "mời bao nhiêu người đợt cũng không mở được" in researcher.get(f"{ROOM}new?group=typed").text


def test_only_researchers_design(app, researcher):
    assert researcher.get(ROOM).status_code == 200
    supervisor = signed_in(app, Role.SUPERVISOR)
    assert supervisor.get(ROOM).status_code == 403
    assert supervisor.post(f"{ROOM}1/adopt").status_code == 403
