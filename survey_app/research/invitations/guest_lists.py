"""Lists of officials to invite, from Excel or CSV: who they are, where they belong, how they can be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from survey_app.documents.excel import Table, write_workbook
from survey_app.services.contact_checks import e164
from survey_app.services.invitations import Guest
from survey_app.uploads import Sheet, heading_key, named, read_sheet, shown
from survey_app.uploads.columns import codes, repeated, required
from survey_app.uploads.faults import CellFault, UploadRefused

MOST_PEOPLE = 50_000
REF, NAME, POSITION, ORGANISATION = "Mã người", "Họ và tên", "Chức vụ", "Cơ quan"
UNIT, PHONE, EMAIL = "Mã đơn vị", "Điện thoại", "Thư điện tử"
HEADINGS: Mapping[str, Sequence[str]] = {
    REF: (REF, "Mã", "Mã số", "Mã phiếu", "ref"),
    NAME: (NAME, "Họ tên", "Họ và tên đệm", "Tên", "name", "full name"),
    POSITION: (POSITION, "Chức danh", "Chức vụ, chức danh", "position"),
    ORGANISATION: (ORGANISATION, "Đơn vị công tác", "Nơi công tác", "Cơ quan, đơn vị", "organisation"),
    UNIT: (UNIT, "Đơn vị", "Mã đơn vị công tác", "own unit", "own_unit", "unit code"),
    PHONE: (PHONE, "Số điện thoại", "SĐT", "Di động", "phone"),
    EMAIL: (EMAIL, "Email", "E-mail", "Địa chỉ thư điện tử", "Hộp thư", "email address"),
}
FIELDS = {NAME: "name", POSITION: "position", ORGANISATION: "organisation", PHONE: "phone", EMAIL: "email"}


@dataclass(frozen=True, slots=True)
class GuestList:
    """People to invite, and what somebody should look at before; places are cells (``C5, C9``)."""

    guests: tuple[Guest, ...]
    same_phone: tuple[str, ...]
    same_name: tuple[str, ...]
    n_unreachable: int  # neither telephone nor e-mail: for them there is the letter


def read_guests(
    data: bytes,
    filename: str,
    *,
    units: Sequence[tuple[str, str]],
    unit_needed: bool,
    taken: Iterable[str],
    prefix: str,
) -> GuestList:
    """The people of a list.

    units: (code, name) of the round; a person's unit may be written either way. unit_needed: whether each must have
    one. taken: numbers that others of the round have; prefix: of the numbers that are made where the list has none.

    Raises
    ------
    UploadRefused
        With every fault by cell.
    """
    needed = (NAME, UNIT) if unit_needed else (NAME,)
    sheet = named(read_sheet(data, filename, max_rows=MOST_PEOPLE), HEADINGS, needed)
    faults = [fault for column in needed for fault in required(sheet, column)]
    refs = _refs(sheet, set(taken), prefix, faults)
    own = _units(sheet, units, faults)
    phones = _each(sheet, PHONE, e164, "not_a_phone", faults)
    emails = _each(sheet, EMAIL, _email, "not_an_email", faults)
    if faults:
        raise UploadRefused(faults)
    told = {field: _texts(sheet, column) for column, field in FIELDS.items()} | {"phone": phones, "email": emails}
    told["unit"] = own
    guests = tuple(
        Guest(ref, own[i], {field: values[i] for field, values in told.items() if values[i]})
        for i, ref in enumerate(refs)
    )
    return GuestList(
        guests,
        _twice(sheet, PHONE, phones),
        _twice(sheet, NAME, [name.casefold() for name in told["name"]]),
        sum(not phone and not email for phone, email in zip(phones, emails, strict=True)),
    )


def empty_list(units: Sequence[tuple[str, str]]) -> bytes:
    """A list to fill in, with a line as an example and the round's units beside it."""
    code, name = units[0] if units else ("", "")
    example = ["", "Nguyễn Thị An", "Phó Trưởng phòng", name, code, "0912345678", "an.nguyen@example.vn"]
    people = Table(list(HEADINGS), [example], template=True)
    return write_workbook({"Danh sách": people, "Đơn vị": Table([UNIT, "Tên đơn vị"], [list(unit) for unit in units])})


def _email(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _texts(sheet: Sheet, column: str) -> list[str]:
    """The cells of a column as text; of one that is not there, nothing."""
    return [shown(cell) for cell in sheet.column(column)] if column in sheet.header else [""] * len(sheet.rows)


def _each(
    sheet: Sheet, column: str, read: Callable[[str], str | None], code: str, faults: list[CellFault]
) -> list[str]:
    """What ``read`` makes of each filled cell; where it makes nothing of it, a fault."""
    found = []
    for i, text in enumerate(_texts(sheet, column)):
        value = read(text) if text else ""
        if value is None:
            faults.append(CellFault(sheet.cell(i, column), code, {"value": text[:60]}))
        found.append(value or "")
    return found


def _refs(sheet: Sheet, taken: set[str], prefix: str, faults: list[CellFault]) -> list[str]:
    """Each person's number: the list's own, or one that is made where the list has no column of them."""
    if REF not in sheet.header or not any(_texts(sheet, REF)):
        return [f"{prefix}-{number:04}" for number in range(1, len(sheet.rows) + 1)]
    faults += [*required(sheet, REF), *repeated(sheet, REF)]
    texts = _texts(sheet, REF)
    for i, text in enumerate(texts):
        if text in taken:
            faults.append(CellFault(sheet.cell(i, REF), "ref_taken", {"value": text[:60]}))
    return texts


def _units(sheet: Sheet, units: Sequence[tuple[str, str]], faults: list[CellFault]) -> list[str]:
    """The code of each person's unit, whether the list says its code or its name."""
    if UNIT not in sheet.header:
        return [""] * len(sheet.rows)
    known = [code for code, _name in units]
    texts, lost = codes(sheet, UNIT, known)
    by_name = {heading_key(name): code for code, name in units} | {code: code for code in known}
    at_fault = {fault.cell for fault in lost}
    faults += lost
    found = []
    for i, text in enumerate(texts):
        code = by_name.get(text) or by_name.get(heading_key(text), "")
        if text and not code and sheet.cell(i, UNIT) not in at_fault:
            faults.append(CellFault(sheet.cell(i, UNIT), "unknown_unit", {"value": text[:60]}))
        found.append(code)
    return found


def _twice(sheet: Sheet, column: str, values: Sequence[str]) -> tuple[str, ...]:
    """The cells that say the same, a line for each value that stands more than once."""
    places = defaultdict(list)
    for i, value in enumerate(values):
        if value:
            places[value].append(i)
    return tuple(", ".join(sheet.cell(i, column) for i in found) for found in places.values() if len(found) > 1)
