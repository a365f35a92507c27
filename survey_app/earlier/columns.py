"""Columns of a past year's table: what they seem to mean, and the numbers they hold, with a fault for each bad cell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from survey_app.earlier.files import PastSheet
from survey_app.models.base import Facts
from survey_app.services.earlier import AmbiguousUnit, EarlierFacts, KnownUnits, Meant, ResultLine
from survey_app.uploads import heading_key, shown
from survey_app.uploads.columns import codes, wholes
from survey_app.uploads.faults import CellFault, UploadRefused, refused

NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?(?:[eE][+-]?\d{1,2})?")
NOTHING = {"", "-", "–", "—", ".", "na", "nan", "n/a"}
WHOLE = {"", "overall", "total", "index", "chung", "tong", "tongso", "chiso", "chisochung", "tonghop", "toanbo"}
LONGEST = 300
MOST_BALLOTS = 10**9
SINGLE = ("unit_code", "unit_name", "year", "criterion", "value", "se", "n")
HEADINGS: Mapping[str, Sequence[str]] = {
    "unit_code": ("madonvi", "madv", "maxa", "maphuong", "ma", "unitcode", "code"),
    "unit_name": ("tendonvi", "donvi", "tenxa", "tenphuong", "ten", "tinhthanhpho", "tinh", "unitname", "province",
                  "area", "unit", "name"),
    "year": ("nam", "year"),
    "criterion": ("tieuchi", "linhvuc", "tentieuchi", "noidung", "thanhphan", "criterion", "component", "dimension"),
    "value": ("chiso", "diem", "giatri", "sipas", "mucdohailong", "tylehailong", "parindex", "value",
              "index", "score"),
    "se": ("saisochuan", "saiso", "sse", "se", "stderr", "standarderror"),
    "n": ("sophieu", "sophieuhople", "coman", "comau", "soluongphieu", "n", "ballots", "respondents"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """Which column means what; ``wide``: columns that are a criterion each."""

    unit_code: str = ""
    unit_name: str = ""
    year: str = ""
    criterion: str = ""
    value: str = ""
    se: str = ""
    n: str = ""
    wide: tuple[str, ...] = ()
    restore_zeros: bool = False  # codes that lost zeros at their beginning get them back

    def as_facts(self) -> Facts:
        return {**asdict(self), "wide": list(self.wide)}


@dataclass(frozen=True, slots=True)
class ReadResults:
    """The numbers of a table, and what is to be known about them before they are taken over."""

    lines: tuple[ResultLine, ...]
    unknown: tuple[tuple[str, str], ...]  # (cell, unit): neither today's nor in the crosswalk
    n_other_years: int  # rows of other years
    n_empty: int  # cells without a number


def columns_from(facts: Mapping[str, Any], headings: Sequence[str]) -> ResultColumns:
    """The columns that were remembered, as far as they are there."""
    single = {name: str(facts.get(name) or "") for name in SINGLE}
    wide = tuple(name for name in facts.get("wide") or () if name in headings)
    return ResultColumns(
        **{name: column if column in headings else "" for name, column in single.items()},
        wide=wide,
        restore_zeros=bool(facts.get("restore_zeros")),
    )


def guessed_columns(sheet: PastSheet) -> ResultColumns:
    """What the columns seem to mean, by their headings; no column means two things."""
    keys = {heading: re.sub(r"^stt(?=.)", "", heading_key(heading)) for heading in sheet.header}
    found: dict[str, str] = {}
    for fits in (_same, _begins):
        for name, known in HEADINGS.items():
            meant = (h for word in known for h, key in keys.items() if h not in found.values() and fits(key, word))
            if name not in found and (first := next(meant, None)):
                found[name] = first
    wide: tuple[str, ...] = ()
    if "value" not in found and "criterion" not in found:
        wide = tuple(h for h in sheet.header if h not in found.values() and h != "STT" and _is_numeric(sheet, h))
    if len(wide) == 1:
        found["value"], wide = wide[0], ()
    return ResultColumns(**found, wide=wide)


def _same(key: str, known: str) -> bool:
    return key == known


def _begins(key: str, known: str) -> bool:
    return len(known) > 3 and key.startswith(known)


def _is_numeric(sheet: PastSheet, heading: str) -> bool:
    cells = [cell for cell in sheet.column(heading) if shown(cell).casefold() not in NOTHING]
    return bool(cells) and all(number_of(cell) is not None for cell in cells)


def read_results(sheet: PastSheet, columns: ResultColumns, facts: EarlierFacts, known: KnownUnits) -> ReadResults:
    """The numbers of the columns for the year of the facts.

    :raise UploadRefused: with every cell that is wrong.
    """
    _require_meaning(columns, sheet.header)
    rows, n_other = _rows_of_year(sheet, columns.year, facts.year)
    if not rows:
        raise refused("no_rows_of_year", year=facts.year)
    reading = _Reading(sheet, columns, facts, known)
    reading.read(rows)
    reading.look_for_doubles()
    if reading.faults:
        raise UploadRefused(reading.faults)
    if not reading.lines:
        raise refused("no_numbers")
    lines = tuple(line for _place, line in reading.lines)
    return ReadResults(lines, tuple(reading.unknown), n_other, reading.n_empty)


def _require_meaning(columns: ResultColumns, header: Sequence[str]) -> None:
    chosen = [column for name in SINGLE if (column := getattr(columns, name))] + list(columns.wide)
    twice = sorted({column for column in chosen if chosen.count(column) > 1})
    if twice:
        raise refused("column_twice", columns=", ".join(twice))
    if not set(chosen) <= set(header):
        raise refused("column_gone", columns=", ".join(sorted(set(chosen) - set(header))))
    if not (columns.unit_code or columns.unit_name):
        raise refused("no_unit_column")
    if not (columns.value or columns.wide):
        raise refused("no_value_column")
    if columns.criterion and (columns.wide or not columns.value):
        raise refused("long_and_wide")


def _rows_of_year(sheet: PastSheet, column: str, year: int) -> tuple[list[int], int]:
    if not column:
        return list(range(len(sheet.rows))), 0
    found, faults = wholes(sheet, column)
    if faults:
        raise UploadRefused(faults)
    rows = [i for i, of in enumerate(found) if of == year]
    return rows, len(found) - len(rows)


class _Reading:
    """One pass over the rows, collecting lines and faults."""

    def __init__(self, sheet: PastSheet, columns: ResultColumns, facts: EarlierFacts, known: KnownUnits) -> None:
        self.sheet, self.columns, self.facts, self.known = sheet, columns, facts, known
        self.lines: list[tuple[tuple[int, str], ResultLine]] = []  # (row, column of the value)
        self.faults: list[CellFault] = []
        self.unknown: list[tuple[str, str]] = []
        self.n_empty = 0

    def read(self, rows: Sequence[int]) -> None:
        sheet, columns = self.sheet, self.columns
        units = units_meant(
            sheet,
            columns.unit_code,
            columns.unit_name,
            self.known,
            rows=rows,
            faults=self.faults,
            restore_zeros=columns.restore_zeros,
        )
        self.unknown = [(place, unit.name) for place, unit in units.values() if unit and not unit.is_known]
        criteria = sheet.texts(columns.criterion) if columns.criterion else []
        sizes = self._numbers(columns.n, rows, self._whole) if columns.n else {}
        errors = self._numbers(columns.se, rows, self._error) if columns.se else {}
        for column in filter(None, (columns.value, *columns.wide)):
            values = self._numbers(column, rows, self._value)
            self._look_for_fractions(column, values)
            for i in rows:
                criterion = self._criterion(i, column, criteria)
                unit = units[i][1]
                if values[i] is None:
                    self.n_empty += 1
                elif unit is not None and criterion is not None:
                    se = errors.get(i) if column == columns.value else None
                    size = sizes.get(i)
                    n = None if size is None else int(size)
                    line = ResultLine(unit.code, unit.name[:LONGEST], criterion, values[i] or 0.0, se, n)
                    self.lines.append(((i, column), line))

    def look_for_doubles(self) -> None:
        first: dict[tuple[str, str], tuple[int, str]] = {}
        for place, line in self.lines:
            key = (line.unit_code, line.criterion)
            if (other := first.setdefault(key, place)) != place:
                params = {"value": f"{line.unit_name} {line.criterion}".strip(), "other": self.sheet.cell(*other)}
                self.faults.append(CellFault(self.sheet.cell(*place), "repeated_value", params))

    def _criterion(self, i: int, column: str, criteria: Sequence[str]) -> str | None:
        """The criterion of a number; None, and a fault, if it is no name."""
        if column != self.columns.value:
            return self.sheet.title(column)[:LONGEST]
        name = criteria[i] if criteria else ""
        if len(name) > LONGEST:
            self.faults.append(
                CellFault(self.sheet.cell(i, self.columns.criterion), "text_too_long", {"most": LONGEST})
            )
            return None
        return "" if heading_key(name) in WHOLE else name

    def _numbers(
        self, column: str, rows: Sequence[int], fault: Callable[[float], tuple[str, dict[str, object]] | None]
    ) -> dict[int, float | None]:
        cells, found = self.sheet.column(column), {}
        for i in rows:
            text = shown(cells[i])
            value = None if text.casefold() in NOTHING else number_of(cells[i])
            wrong = fault(value) if value is not None else None
            if value is None and text.casefold() not in NOTHING:
                wrong = "not_a_number", {}
            if wrong:
                self.faults.append(CellFault(self.sheet.cell(i, column), wrong[0], {"value": text[:60], **wrong[1]}))
            found[i] = value
        return found

    def _value(self, value: float) -> tuple[str, dict[str, object]] | None:
        most = self.facts.scale_max
        if most is not None and not 0 <= value <= most:
            return "off_scale", {"most": f"{most:g}".replace(".", ",")}
        return None

    def _error(self, value: float) -> tuple[str, dict[str, object]] | None:
        most = self.facts.scale_max
        return ("not_an_error", {}) if value < 0 or (most is not None and value > most) else None

    def _whole(self, value: float) -> tuple[str, dict[str, object]] | None:
        return None if value == math.floor(value) and 0 <= value < MOST_BALLOTS else ("not_a_whole_number", {})

    def _look_for_fractions(self, column: str, values: Mapping[int, float | None]) -> None:
        """Cells that Excel shows as 84 % hold 0.84: nobody means an index of 0.84 out of 100 everywhere."""
        filled = {i: value for i, value in values.items() if value is not None}
        if self.facts.scale_max == 100 and filled and max(filled.values()) <= 1 and any(filled.values()):
            self.faults.append(CellFault(self.sheet.cell(next(iter(filled)), column), "looks_like_fractions"))


def units_meant(
    sheet: PastSheet,
    code_column: str,
    name_column: str,
    known: KnownUnits,
    *,
    rows: Sequence[int],
    faults: list[CellFault],
    restore_zeros: bool = False,
) -> dict[int, tuple[str, Meant | None]]:
    """The cell and the unit of each row; what is wrong with the cells is added to the faults."""
    texts, lost = codes(sheet, code_column, known.names) if code_column else ([""] * len(sheet.rows), [])
    if restore_zeros:
        meant = {str(fault.params["value"]): str(fault.params["suggested"]) for fault in lost}
        texts, lost = [meant.get(text, text) for text in texts], []
    names = sheet.texts(name_column) if name_column else [""] * len(sheet.rows)
    asked = {sheet.cell(i, code_column) for i in rows} if code_column else set()
    faults += [fault for fault in lost if fault.cell in asked]
    column = code_column or name_column
    found: dict[int, tuple[str, Meant | None]] = {}
    for i in rows:
        place, unit = sheet.cell(i, column), None
        text = texts[i] or names[i]
        if not text:
            faults.append(CellFault(place, "empty_cell", {"column": column}))
        elif len(text) > LONGEST:
            faults.append(CellFault(place, "text_too_long", {"most": LONGEST}))
        else:
            try:
                unit = known.meant(texts[i], names[i])
            except AmbiguousUnit as error:
                faults.append(CellFault(place, "ambiguous_unit", {"value": text[:60], "codes": ", ".join(error.codes)}))
        found[i] = (place, unit)
    return found


def number_of(cell: object) -> float | None:
    """The number of a cell: as such, or as text with a decimal point or comma, with or without a percent sign."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    text = shown(cell).removesuffix("%").strip()
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else None
