"""Word documents in the layout of Nghị định 30/2020/NĐ-CP, phụ lục I: A4, Times New Roman, figures on the right."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
SIZE = 14  # of the text; tables and notes are smaller
TABLE_SIZE = 11
TOP, BOTTOM, LEFT, RIGHT = 20, 20, 30, 15  # mm; the decree allows 20–25, 20–25, 30–35, 15–20
INDENT = 10  # mm, of a first line
PADDING = 1.0  # mm, beside the words of a cell
TWENTIETHS = 56.7  # of a point in a millimetre
SIDES = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)  # the library's template has a date of its own, which would mislead


def new_document(title: str) -> WordDocument:
    """An empty portrait A4 document with page numbers from the second page on, centred at the top."""
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = document.core_properties.comments = ""
    document.core_properties.created = document.core_properties.modified = UNDATED
    document.core_properties.language = "vi-VN"
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(SIZE)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(6)
    style.paragraph_format.line_spacing = 1.0
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    _number_pages(section.header.paragraphs[0])
    return document


def centred(
    document: WordDocument, text: str, *, bold: bool = False, italic: bool = False, size: float = SIZE, after: float = 0
) -> Paragraph:
    """A centred line."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(after)
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return paragraph


def heading(document: WordDocument, text: str) -> Paragraph:
    """A bold heading that stays with what follows; Word's outline knows it."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(6)
    paragraph.paragraph_format.first_line_indent = Mm(INDENT)
    paragraph.add_run(text).bold = True
    outline = OxmlElement("w:outlineLvl")
    outline.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().append(outline)
    return paragraph


def text(document: WordDocument, words: str, *, italic: bool = False) -> Paragraph:
    """A justified paragraph with an indented first line."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Mm(INDENT)
    paragraph.add_run(words).italic = italic
    return paragraph


def dashes(document: WordDocument, lines: Sequence[str]) -> None:
    """Paragraphs that begin with a dash, as lists are written in official papers."""
    for line in lines:
        text(document, f"- {line}")


def table(
    document: WordDocument,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float],
    sides: Sequence[str],
    total: Sequence[str] = (),
) -> Table:
    """A table with borders whose heading is repeated on every page.

    widths : of the columns in mm. sides : left, right or center of each column. total : a bold last row.
    """
    made = document.add_table(rows=0, cols=len(headings))
    made.style, made.alignment, made.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    _narrow_padding(made)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
    _add_row(made, headings, widths, ["center"] * len(headings), bold=True, repeated=True)
    for row in rows:
        _add_row(made, row, widths, sides)
    if total:
        _add_row(made, total, widths, sides, bold=True)
    return made


def as_bytes(document: WordDocument) -> bytes:
    """The document as a .docx file."""
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _narrow_padding(made: Table) -> None:
    """A millimetre beside the words of a cell, so that many columns fit between the margins."""
    padding = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        part = OxmlElement(f"w:{side}")
        part.set(qn("w:w"), str(round(PADDING * TWENTIETHS)))
        part.set(qn("w:type"), "dxa")
        padding.append(part)
    properties = made._tbl.tblPr
    look = properties.find(qn("w:tblLook"))  # the schema wants the padding before it
    properties.append(padding) if look is None else look.addprevious(padding)


def _add_row(
    made: Table,
    cells: Sequence[str],
    widths: Sequence[float],
    sides: Sequence[str],
    *,
    bold: bool = False,
    repeated: bool = False,
) -> None:
    row = made.add_row()
    marks = ["w:cantSplit", "w:tblHeader"] if repeated else ["w:cantSplit"]
    for mark in marks:
        row._tr.get_or_add_trPr().append(OxmlElement(mark))
    for cell, words, width, side in zip(row.cells, cells, widths, sides, strict=True):
        _fill(cell, words, width, side, bold=bold)


def _fill(cell: _Cell, words: str, width: float, side: str, *, bold: bool) -> None:
    cell.width = Mm(width)
    paragraph = cell.paragraphs[0]
    paragraph.alignment = SIDES[side]
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(words)
    run.bold, run.font.size = bold, Pt(TABLE_SIZE)


def _number_pages(paragraph: Paragraph) -> None:
    """The field PAGE, centred, in the size of the text."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    run.font.size = Pt(SIZE)
    for kind, words in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = words
        run._r.append(part)
