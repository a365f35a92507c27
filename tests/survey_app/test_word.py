"""Word documents in the layout of Nghị định 30/2020/NĐ-CP."""

import io
import zipfile

from docx import Document
from docx.shared import Pt
from lxml import etree

from survey_app.documents.sample_plan import PlanPage, sample_plan_page

PAGE = PlanPage(
    title="Phương án chọn mẫu",
    subtitle="9.000 phiếu – Người dân",
    status="Lưu ngày 01/10/2026; chưa áp dụng",
    purpose=["Để biết <b>mức hài lòng</b> & hơn thế."],
    population=["Tổng thể gồm 6.300.000 người."],
    method=["Độ tin cậy 95 %.", "Phân bổ bằng nhau."],
    results=["Sai số của kết quả chung: 1,2 điểm phần trăm."],
    formulas=[],
    headings=["Mã", "Đơn vị", "Số phiếu", "± điểm"],
    widths=[15, 60, 20, 20],
    rows=[["00004", "Phường Ba Đình", "71", "14,1"], ["00008", "Phường Ngọc Hà", "72", "14,0"]],
    total=["", "Cộng", "143", ""],
    limits=["Hai thôn chỉ cho 1 bậc tự do."],
    justification=["Kinh phí có hạn."],
)


def test_the_page_keeps_the_layout_of_the_decree():
    data = sample_plan_page(PAGE)
    document = Document(io.BytesIO(data))
    (section,) = document.sections
    assert [round(side.mm) for side in (section.page_width, section.page_height)] == [210, 297]
    edges = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(edge.mm) for edge in edges] == [20, 20, 30, 15]
    normal = document.styles["Normal"].font
    assert (normal.name, normal.size) == ("Times New Roman", Pt(14))
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert {fonts.get(name) for name in fonts.attrib if not name.endswith("Theme")} == {"Times New Roman"}
    assert section.different_first_page_header_footer  # the first page has no number
    assert "PAGE" in etree.tostring(section.header._element, encoding="unicode")


def test_the_page_says_what_it_was_given_in_order():
    document = Document(io.BytesIO(sample_plan_page(PAGE)))
    lines = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    assert lines[:3] == ["Phụ lục", "PHƯƠNG ÁN CHỌN MẪU", PAGE.subtitle]
    assert lines[3].startswith("(Kèm theo Kế hoạch số")
    headings = [line for line in lines if line[1:3] == ". "]
    assert headings == [
        "1. Mục đích", "2. Tổng thể điều tra", "3. Phương pháp chọn mẫu", "4. Cỡ mẫu và độ chính xác dự kiến",
        "5. Giới hạn của phương án", "6. Lý do lựa chọn", "7. Phân bổ mẫu",
    ]  # fmt: skip
    assert "Để biết <b>mức hài lòng</b> & hơn thế." in lines
    assert "- Độ tin cậy 95 %." in lines


def test_a_table_is_as_wide_as_the_text_and_repeats_its_heading():
    data = sample_plan_page(PAGE)
    (table,) = Document(io.BytesIO(data)).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [PAGE.headings, *PAGE.rows, PAGE.total]
    assert round(sum(cell.width.mm for cell in table.rows[1].cells)) == 165
    assert [row._tr.xpath("w:trPr/w:tblHeader") != [] for row in table.rows] == [True, False, False, False]
    sides = [str(cell.paragraphs[0].alignment) for cell in table.rows[1].cells]
    assert sides == ["LEFT (0)", "LEFT (0)", "RIGHT (2)", "RIGHT (2)"]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert parts.testzip() is None
        properties = etree.fromstring(parts.read("word/document.xml")).find(".//{*}tblPr")
    assert [etree.QName(part).localname for part in properties][-2:] == ["tblCellMar", "tblLook"]  # the schema's order
