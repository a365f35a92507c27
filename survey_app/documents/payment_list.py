"""A payment list to be signed, in the layout of Nghị định 30/2020/NĐ-CP; always in Vietnamese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm

from survey_app.documents.word import as_bytes, centred, new_document, table, text

HEADINGS = ("STT", "Họ và tên", "Đơn vị", "Nội dung", "Số lượng", "Đơn giá (đồng)", "Thành tiền (đồng)", "Ký nhận")
WIDTHS = (12.0, 50.0, 50.0, 45.0, 17.0, 25.0, 28.0, 25.0)  # mm
SIDES = ("center", "left", "left", "left", "right", "right", "right", "left")
SIGNERS = ("NGƯỜI LẬP", "KẾ TOÁN", "THỦ TRƯỞNG ĐƠN VỊ")
DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
THOUSANDS = ("", "nghìn", "triệu", "tỷ", "nghìn tỷ", "triệu tỷ")


@dataclass(frozen=True, slots=True)
class SignedLine:
    """A line to be signed."""

    name: str
    organisation: str
    work: str
    quantity: int
    unit_amount: int


@dataclass(frozen=True, slots=True)
class SignedList:
    """A payment list as it is printed."""

    agency: str
    title: str
    subtitle: str
    lines: Sequence[SignedLine]


def signed_list(made: SignedList) -> bytes:
    """The list as a landscape .docx file, with a column for signatures and the total in words."""
    document = new_document(made.title)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    _two_heads(document, made.agency)
    centred(document, made.title.upper(), bold=True)
    centred(document, made.subtitle, italic=True, after=8)
    rows = [
        (
            str(number),
            line.name,
            line.organisation,
            line.work,
            dotted(line.quantity),
            dotted(line.unit_amount),
            dotted(line.quantity * line.unit_amount),
            "",
        )
        for number, line in enumerate(made.lines, start=1)
    ]
    total = sum(line.quantity * line.unit_amount for line in made.lines)
    last = ("", "Cộng", "", "", "", "", dotted(total), "")
    table(document, HEADINGS, rows, widths=WIDTHS, sides=SIDES, total=last)
    words = amount_in_words(total)
    text(document, f"Bằng chữ: {words[0].upper()}{words[1:]} đồng.", italic=True)
    _signatures(document)
    return as_bytes(document)


def dotted(amount: int) -> str:
    """A whole number as it is written in Việt Nam: 1.250.000."""
    return f"{amount:,}".replace(",", ".")


def amount_in_words(amount: int) -> str:
    """A whole number of 0 or more in words: một triệu hai trăm linh năm nghìn."""
    if amount == 0:
        return DIGITS[0]
    groups = []
    while amount:
        amount, group = divmod(amount, 1000)
        groups.append(group)
    highest = len(groups) - 1
    read = [
        f"{_below_thousand(group, leading=place == highest)} {THOUSANDS[place]}".strip()
        for place, group in reversed(list(enumerate(groups)))
        if group
    ]
    return " ".join(read)


def _below_thousand(number: int, *, leading: bool) -> str:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [] if leading and not hundreds else [DIGITS[hundreds], "trăm"]
    if tens == 0:
        words += ["linh", DIGITS[ones]] if ones and words else [DIGITS[ones]] if ones else []
    else:
        words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
        if ones:
            words.append({1: "một" if tens == 1 else "mốt", 5: "lăm"}.get(ones, DIGITS[ones]))
    return " ".join(words)


def _two_heads(document: Document, agency: str) -> None:
    """The agency on the left, the name of the state and its motto on the right."""
    heads = document.add_table(rows=1, cols=2)
    heads.alignment = WD_TABLE_ALIGNMENT.CENTER
    motto = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    for cell, lines in zip(heads.rows[0].cells, ([agency.upper()], motto), strict=True):
        for place, line in enumerate(lines):
            paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.add_run(line).bold = True
    centred(document, "", after=4)


def _signatures(document: Document) -> None:
    made = document.add_table(rows=1, cols=len(SIGNERS))
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, signer in zip(made.rows[0].cells, SIGNERS, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(signer).bold = True
        below = cell.add_paragraph()
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
        below.add_run("(Ký, ghi rõ họ tên)").italic = True
