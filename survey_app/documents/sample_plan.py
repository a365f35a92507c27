"""The page on the sample in a plan document: what was decided, by which formulas, with what limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document

from survey_app.documents.word import as_bytes, centred, dashes, heading, new_document, table, text

WIDTH = 165.0  # mm between the margins


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything that is written, in words and numbers as they are read. Sections with nothing in them are left out.

    ``headings`` and ``widths`` (mm) belong to the columns of ``rows`` and ``total``; the first two columns are text.
    """

    title: str
    subtitle: str
    status: str
    purpose: Sequence[str]
    population: Sequence[str]
    method: Sequence[str]
    results: Sequence[str]
    formulas: Sequence[str]
    headings: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]
    total: Sequence[str]
    limits: Sequence[str]
    justification: Sequence[str]


def sample_plan_page(page: PlanPage) -> bytes:
    """The annex as a .docx file. It is always in Vietnamese: it goes with an official plan."""
    document = new_document(page.title)
    centred(document, "Phụ lục", bold=True)
    centred(document, page.title.upper(), bold=True)
    centred(document, page.subtitle)
    centred(document, "(Kèm theo Kế hoạch số …/KH-… ngày … tháng … năm … của …)", italic=True, after=6)
    centred(document, page.status, italic=True, after=12)
    sections = (
        ("Mục đích", page.purpose),
        ("Tổng thể điều tra", page.population),
        ("Phương pháp chọn mẫu", page.method),
        ("Cỡ mẫu và độ chính xác dự kiến", page.results),
    )
    number = 0
    for words, lines in sections:
        number = _section(document, number, words, lines)
    number = _section(document, number, "Giới hạn của phương án", page.limits)
    number = _section(document, number, "Lý do lựa chọn", page.justification, listed=False)
    number = _section(document, number, "Công thức và nguồn", page.formulas)
    heading(document, f"{number + 1}. Phân bổ mẫu")
    sides = ["left", "left", *["right"] * (len(page.headings) - 2)]
    table(document, page.headings, page.rows, widths=_fitted(page.widths), sides=sides, total=page.total)
    return as_bytes(document)


def _section(document: Document, number: int, words: str, lines: Sequence[str], *, listed: bool = True) -> int:
    """A numbered section; the number it has, or the one before where there is nothing to say."""
    if not lines:
        return number
    heading(document, f"{number + 1}. {words}")
    if listed and len(lines) > 1:
        dashes(document, lines)
    else:
        for line in lines:
            text(document, line)
    return number + 1


def _fitted(widths: Sequence[float]) -> list[float]:
    """The widths in proportion, so that the table is as wide as the text."""
    return [width * WIDTH / sum(widths) for width in widths]
