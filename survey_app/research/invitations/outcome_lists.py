"""Lists of what became of invitations, from Excel or CSV and back: a number and a code in each line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from survey_app.documents.excel import Table, write_workbook
from survey_app.uploads import named, read_sheet, shown
from survey_app.uploads.columns import codes, repeated, required
from survey_app.uploads.faults import CellFault, UploadRefused

MOST_PEOPLE = 50_000
REF, CODE, WORDS = "Mã người", "Mã kết quả", "Nghĩa"
HEADINGS: Mapping[str, Sequence[str]] = {REF: (REF, "Mã", "ref"), CODE: (CODE, "Kết quả", "code")}


def read_outcomes(data: bytes, filename: str, *, refs: Collection[str], known: Collection[str]) -> dict[str, str]:
    """The code of each person of a list by number, "" where the cell is empty: nothing is to be noted any more.

    refs: of those who can have one; known: the codes. Excel may have made 2.1 of 2.10 and 2,11 of 2.11.

    Raises
    ------
    UploadRefused
        With every fault by cell.
    """
    sheet = named(read_sheet(data, filename, max_rows=MOST_PEOPLE), HEADINGS, (REF, CODE))
    people, faults = codes(sheet, REF, refs)
    lost = {fault.cell for fault in faults}
    faults += [*required(sheet, REF), *repeated(sheet, REF)]
    faults += [
        CellFault(sheet.cell(i, REF), "unknown_person", {"value": ref[:60]})
        for i, ref in enumerate(people)
        if ref and ref not in refs and sheet.cell(i, REF) not in lost
    ]
    found = [_code(shown(cell), known) for cell in sheet.column(CODE)]
    faults += [
        CellFault(sheet.cell(i, CODE), "unknown_outcome", {"value": shown(sheet.column(CODE)[i])[:60]})
        for i, code in enumerate(found)
        if code is None
    ]
    if faults:
        raise UploadRefused(faults)
    return {ref: code or "" for ref, code in zip(people, found, strict=True)}


def outcome_list(people: Iterable[tuple[str, str | None]], known: Mapping[str, str]) -> bytes:
    """Everybody with the code that is noted, to be filled in and sent back, with the codes in words beside it."""
    lines = [[ref, code, known.get(code or "")] for ref, code in people]
    return write_workbook(
        {
            "Kết quả": Table([REF, CODE, WORDS], lines, template=True),
            "Bảng mã": Table([CODE, WORDS], [[code, said] for code, said in known.items()]),
        }
    )


def _code(text: str, known: Collection[str]) -> str | None:
    written = text.replace(",", ".")
    return next((code for code in (written, f"{written}0") if not code or code in known), None) if written else ""
