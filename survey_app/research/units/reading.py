"""Lists of units and crosswalks as people fill them in: from a sheet to lines, from lines to a template."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _

from survey_app.documents.excel import Kind, Table, write_workbook
from survey_app.models.units import Unit
from survey_app.research.units.room import BLOCKS, TYPES
from survey_app.services.unit_changes import ChangeLine, SharesDoNotAddUp
from survey_app.services.units import NEEDED, UnitLine, UnitsFixed
from survey_app.uploads import Sheet, heading_key, named, read_sheet, shown
from survey_app.uploads.columns import codes, days, repeated, required, shares, wholes
from survey_app.uploads.faults import CellFault, UploadRefused

MOST_LINES = 20_000
LONGEST = 300  # characters of a name or a source

UNIT_HEADINGS: Mapping[str, Sequence[str]] = {
    "unit_code": ("Mã đơn vị", "Mã", "Unit code", "Code"),
    "name": ("Tên đơn vị", "Tên", "Unit name", "Name"),
    "unit_type": ("Loại đơn vị", "Loại", "Type"),
    "block": ("Khối xếp hạng", "Khối", "Block", "Ranking block"),
    "population": ("Dân số", "Số dân", "Population"),
    "population_source": ("Nguồn số liệu dân số", "Nguồn dân số", "Source of population"),
    "source_note": ("Nguồn, ghi chú", "Nguồn", "Ghi chú", "Source", "Note"),
}
CHANGE_HEADINGS: Mapping[str, Sequence[str]] = {
    "old_code": ("Mã đơn vị cũ", "Mã cũ", "Old code"),
    "old_name": ("Tên đơn vị cũ", "Tên cũ", "Old name"),
    "new_code": ("Mã đơn vị mới", "Mã mới", "New code"),
    "share": ("Tỷ lệ dân số chuyển sang", "Tỷ lệ", "Share"),
    "old_population": ("Dân số đơn vị cũ", "Old population"),
    "effective_on": ("Ngày hiệu lực", "Effective on", "Effective date"),
    "source_note": ("Căn cứ", "Nguồn", "Source"),
}


# --- units -----------------------------------------------------------------------------------------------------------


def read_units(data: bytes, filename: str, known: Mapping[str, Unit]) -> tuple[list[UnitLine], Sheet]:
    """The lines of a list of units, and the sheet for the addresses of its cells.

    known: the units that are there, by code; only of a new one everything must be said.
    """
    sheet = named(read_sheet(data, filename, max_rows=MOST_LINES), UNIT_HEADINGS, ["unit_code"])
    found, faults = codes(sheet, "unit_code", known)
    faults += [*required(sheet, "unit_code"), *repeated(sheet, "unit_code"), *_odd_codes(sheet, found, "unit_code")]
    types, of_types = _names(sheet, "unit_type", TYPES, {unit.unit_type for unit in known.values()})
    blocks, of_blocks = _names(sheet, "block", BLOCKS, {unit.block for unit in known.values()})
    population, of_population = wholes(sheet, "population") if "population" in sheet.header else ([], [])
    faults += [*of_types, *of_blocks, *of_population, *_incomplete(sheet, found, known), *_too_long(sheet)]
    if faults:
        raise UploadRefused(faults)
    texts = {name: _texts(sheet, name) for name in ("name", "population_source", "source_note")}
    columns: dict[str, Sequence[Any]] = texts | {"unit_type": types, "block": blocks, "population": population}
    return [
        UnitLine(code, **{name: cells[i] for name, cells in columns.items() if cells}) for i, code in enumerate(found)
    ], sheet


def fixed_faults(refusal: UnitsFixed, lines: Sequence[UnitLine], sheet: Sheet) -> UploadRefused:
    """Changes that opened rounds forbid, by cell."""
    rows = {line.code: i for i, line in enumerate(lines)}
    faults = [CellFault(sheet.cell(rows[code], name), "unit_fixed", {"value": code}) for code, name in refusal.faults]
    return UploadRefused(faults)


def units_workbook(units: Collection[Unit], example: bool) -> bytes:
    """The units of a city to be corrected and filled in, or an empty list with two lines as an example."""
    rows = [
        (
            unit.code,
            unit.name,
            TYPES.get(unit.unit_type, unit.unit_type),
            BLOCKS.get(unit.block, unit.block),
            unit.population,
            unit.population_source,
            unit.source_note,
        )
        for unit in units
    ]
    if example:
        rows = [
            ("00001", _("Phường A"), TYPES["phuong"], BLOCKS["xa_phuong"], 25000, _("Thống kê 2025"), ""),
            ("00002", _("Xã B"), TYPES["xa"], BLOCKS["xa_phuong"], 18000, _("Thống kê 2025"), ""),
        ]
    choices = {"unit_type": [str(name) for name in TYPES.values()], "block": [str(name) for name in BLOCKS.values()]}
    kinds = {"population": Kind.WHOLE}
    notes = [
        ("unit_code", _("Bắt buộc. Số 0 ở đầu là một phần của mã; cột đã định dạng Văn bản để giữ số 0.")),
        ("name", _("Bắt buộc với đơn vị mới. Không đổi được khi một đợt đã mở có đơn vị này.")),
        ("unit_type", _("Bắt buộc với đơn vị mới. Chọn trong danh sách, hoặc ghi mã riêng bằng chữ không dấu.")),
        ("block", _("Bắt buộc với đơn vị mới. Các đơn vị trong một khối được xếp hạng với nhau.")),
        ("population", _("Số nguyên. Số người mà đơn vị phục vụ; nếu chỉ hỏi người lớn thì là số người từ 18 tuổi.")),
        ("population_source", _("Nguồn và thời điểm của số liệu dân số.")),
        ("source_note", _("Văn bản hoặc nguồn của dòng này.")),
    ]
    return _workbook(_("Đơn vị"), UNIT_HEADINGS, rows, kinds, notes, choices=choices)


def _names(
    sheet: Sheet, column: str, words: Mapping[str, Any], known: Collection[str]
) -> tuple[list[str | None], list[CellFault]]:
    """Codes of a column that holds codes or the words for them; a new code has small letters, digits and _ only."""
    if column not in sheet.header:
        return [], []
    meant = {heading_key(str(name)): code for code, name in words.items()}
    meant |= {heading_key(code): code for code in (*words, *known)}
    found: list[str | None] = []
    faults = []
    for i, cell in enumerate(sheet.column(column)):
        text = shown(cell)
        code = meant.get(heading_key(text)) or (text if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text) else None)
        if text and code is None:
            params = {"value": text[:60], "known": ", ".join(map(str, words.values()))}
            faults.append(CellFault(sheet.cell(i, column), "not_one_of", params))
        found.append(code)
    return found, faults


def _odd_codes(sheet: Sheet, found: Sequence[str], column: str) -> list[CellFault]:
    return [
        CellFault(sheet.cell(i, column), "odd_code", {"value": code[:60]})
        for i, code in enumerate(found)
        if code and not re.fullmatch(r"\w[\w.-]{0,39}", code)
    ]


def _incomplete(sheet: Sheet, found: Sequence[str], known: Collection[str]) -> list[CellFault]:
    """What is missing of units that are new."""
    faults = []
    columns = {name: sheet.column(name) for name in NEEDED if name in sheet.header}
    for i, code in enumerate(found):
        lacking = [UNIT_HEADINGS[name][0] for name in NEEDED if name not in columns or columns[name][i] is None]
        if code and code not in known and lacking:
            params = {"value": code[:60], "columns": ", ".join(lacking)}
            faults.append(CellFault(sheet.cell(i, "unit_code"), "new_unit_incomplete", params))
    return faults


def _too_long(sheet: Sheet) -> list[CellFault]:
    return [
        CellFault(sheet.cell(i, place), "text_too_long", {"most": LONGEST})
        for i, row in enumerate(sheet.rows)
        for place, cell in enumerate(row)
        if isinstance(cell, str) and len(cell) > LONGEST
    ]


def _texts(sheet: Sheet, column: str) -> list[str | None]:
    """The texts of a column, None where there is none; nothing at all if there is no such column."""
    return [shown(cell) or None for cell in sheet.column(column)] if column in sheet.header else []


# --- crosswalk -------------------------------------------------------------------------------------------------------


def read_changes(data: bytes, filename: str, known: Mapping[str, Unit]) -> tuple[list[ChangeLine], Sheet]:
    """The lines of a crosswalk, and the sheet for the addresses of its cells."""
    needed = ["old_code", "new_code", "effective_on"]
    sheet = named(read_sheet(data, filename, max_rows=MOST_LINES), CHANGE_HEADINGS, needed)
    old, of_old = codes(sheet, "old_code")
    new, of_new = codes(sheet, "new_code", known)
    on, of_days = days(sheet, "effective_on")
    faults = [*of_old, *of_new, *of_days, *_too_long(sheet)]
    for name in needed:
        faults += required(sheet, name)
    faults += [
        CellFault(sheet.cell(i, "new_code"), "unknown_unit", {"value": code[:60]})
        for i, code in enumerate(new)
        if code and code not in known
    ]
    part, of_shares = _shares(sheet, list(zip(old, on, strict=True)))
    people, of_people = wholes(sheet, "old_population") if "old_population" in sheet.header else ([], [])
    faults += [*of_shares, *of_people, *_repeated_pairs(sheet, list(zip(old, new, on, strict=True)))]
    if faults:
        raise UploadRefused(faults)
    names, sources = _texts(sheet, "old_name"), _texts(sheet, "source_note")
    return [
        ChangeLine(
            old_code=old[i],
            old_name=(names[i] if names else None) or old[i],
            new_code=new[i],
            share=part[i] or 1.0,
            effective_on=day,
            old_population=people[i] if people else None,
            source_note=(sources[i] if sources else None) or "",
        )
        for i, day in enumerate(on)
        if day is not None
    ], sheet


def share_faults(refusal: SharesDoNotAddUp, lines: Sequence[ChangeLine], sheet: Sheet) -> UploadRefused:
    """Shares that do not sum to 1, at the first cell of each earlier unit."""
    first: dict[tuple[str, object], int] = {}
    for i, line in enumerate(lines):
        first.setdefault((line.old_code, line.effective_on), i)
    column = "share" if "share" in sheet.header else "old_code"
    faults = []
    for key, total in refusal.faults.items():
        params = {"value": key[0], "total": f"{total:.3f}".replace(".", ",")}
        faults.append(CellFault(sheet.cell(first[key], column), "shares_do_not_add_up", params))
    return UploadRefused(faults)


def changes_workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """The crosswalk of a city to be corrected and filled in."""
    kinds = {"share": Kind.NUMBER, "old_population": Kind.WHOLE, "effective_on": Kind.DAY}
    notes = [
        ("old_code", _("Bắt buộc. Mã của đơn vị trước khi sắp xếp, giữ số 0 ở đầu.")),
        ("old_name", _("Tên của đơn vị cũ.")),
        ("new_code", _("Bắt buộc. Mã của đơn vị hiện nay, phải có trong danh sách đơn vị.")),
        ("share", _("Phần dân số của đơn vị cũ chuyển sang đơn vị mới, từ 0 đến 1; tổng theo đơn vị cũ bằng 1.")),
        ("old_population", _("Dân số của đơn vị cũ, nếu biết: dùng để tính trung bình khi nhiều đơn vị nhập lại.")),
        ("effective_on", _("Bắt buộc. Ngày việc sắp xếp có hiệu lực, ví dụ 2025-07-01.")),
        ("source_note", _("Nghị quyết hoặc quyết định sắp xếp.")),
    ]
    return _workbook(_("Sáp nhập, chia tách"), CHANGE_HEADINGS, rows, kinds, notes)


def _shares(sheet: Sheet, keys: Sequence[object]) -> tuple[list[float | None], list[CellFault]]:
    """The shares; an empty one is 1 if the earlier unit has no other line."""
    if "share" not in sheet.header:
        return [None] * len(keys), []
    found, faults = shares(sheet, "share")
    empty = [cell is None for cell in sheet.column("share")]
    faults += [
        CellFault(sheet.cell(i, "share"), "share_needed")
        for i, key in enumerate(keys)
        if empty[i] and list(keys).count(key) > 1
    ]
    return found, faults


def _repeated_pairs(sheet: Sheet, keys: Sequence[tuple[str, str, object]]) -> list[CellFault]:
    first: dict[tuple[str, str, object], int] = {}
    faults = []
    for i, key in enumerate(keys):
        if (other := first.setdefault(key, i)) != i:
            params = {"value": f"{key[0]} → {key[1]}", "other": sheet.cell(other, "old_code")}
            faults.append(CellFault(sheet.cell(i, "old_code"), "repeated_value", params))
    return faults


def _workbook(
    name: str,
    headings: Mapping[str, Sequence[str]],
    rows: Sequence[Sequence[object]],
    kinds: Mapping[str, str],
    notes: Sequence[tuple[str, str]],
    *,
    choices: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> bytes:
    table = Table(
        headings=[known[0] for known in headings.values()],
        rows=rows,
        kinds=[kinds.get(column, Kind.TEXT) for column in headings],
        choices={headings[column][0]: values for column, values in choices.items()},
        template=True,
    )
    explained = [(headings[column][0], text) for column, text in notes]
    return write_workbook({name: table, _("Hướng dẫn"): Table([_("Cột"), _("Cách ghi")], explained, widths=(30, 60))})
