"""Lists of swapped days: which day, whether it is worked, why, who decided."""

from __future__ import annotations

from datetime import date

from survey_app.documents.excel import Kind, Table, write_workbook
from survey_app.services.calendar import FIRST_YEAR, LAST_YEAR, Decision
from survey_app.uploads import CellFault, UploadRefused, named, read_sheet, shown
from survey_app.uploads.columns import days, one_of, repeated, required

DAY, WORKING, NAME, SOURCE = "Ngày", "Làm việc", "Lý do", "Căn cứ"
HEADINGS = {
    DAY: (DAY, "Date", "Day"),
    WORKING: (WORKING, "Working"),
    NAME: (NAME, "Reason", "Name"),
    SOURCE: (SOURCE, "Source"),
}
YES, NO = "có", "không"


def read_decisions(data: bytes, filename: str) -> list[Decision]:
    """The days of a list.

    Raises
    ------
    UploadRefused
        With every fault by cell.
    """
    sheet = named(read_sheet(data, filename, max_rows=1000), HEADINGS, list(HEADINGS))
    found, faults = days(sheet, DAY)
    for name in HEADINGS:
        faults += required(sheet, name)
    faults += [*one_of(sheet, WORKING, (YES, NO)), *repeated(sheet, DAY)]
    faults += [
        CellFault(sheet.cell(i, DAY), "not_a_day", {"value": str(day)})
        for i, day in enumerate(found)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR
    ]
    if faults:
        raise UploadRefused(faults)
    rows = zip(found, *(sheet.column(name) for name in (WORKING, NAME, SOURCE)), strict=True)
    return [Decision(day, shown(works) == YES, shown(name), shown(source)) for day, works, name, source in rows if day]


def empty_list(day: date) -> bytes:
    """A list to fill in, with one line as an example."""
    example = [day, YES, "Làm bù cho ngày nghỉ hoán đổi", "Thông báo số …"]
    kinds = [Kind.DAY, Kind.TEXT, Kind.TEXT, Kind.TEXT]
    return write_workbook({"lich": Table(list(HEADINGS), [example], kinds, choices={WORKING: [YES, NO]})})
