"""A list of people or files as it was uploaded: what is wrong with it by cell, and what is known of it in counts.

Whole columns are checked at once, odd cells one by one. What would make a draw wrong is a fault, and a list with a
fault is refused; what only makes a person hard to reach is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.frame import JOINT, canonical_order
from survey_app.services.contact_checks import readable_emails, readable_phones
from survey_app.uploads.faults import CellFault

Bools = npt.NDArray[np.bool_]
Levels = dict[str, Any]

CONTACT_FIELDS = ("name", "phone", "email", "address", "position", "organisation")
FIELDS = ("ref", "person", *CONTACT_FIELDS, "unit", "cluster", "on", "adults", "size")
MOST_FAULTS = 200  # shown; the others are counted
PERSONAL_NUMBER = r"0\d{11}|\d{9}|0\d{9}"  # identity card, old identity card, telephone
FORMULA = r"[=+\-@]"  # how what a spreadsheet reckons begins
EXCEL_DAYS = (25569, 73050)  # 1970 .. 2099, as a spreadsheet counts days
DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T].*)?")
YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[ T].*)?")


class PersonRule(StrEnum):
    """By what two rows are known to be one person."""

    PHONE = "phone"  # the same telephone; without one, the same name in the same unit
    PHONE_AND_NAME = "phone_and_name"
    ROW = "row"  # every row is a person


@dataclass(frozen=True, slots=True)
class Listed:
    """The cells of an uploaded sheet as text, and where they stand."""

    table: pd.DataFrame
    letters: Mapping[str, str]  # heading -> column of the sheet
    row_numbers: npt.NDArray[np.int64]

    def cell(self, row: int, heading: str) -> str:
        """Where a cell stands: C5."""
        return f"{self.letters[heading]}{self.row_numbers[row]}"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a list is to be read."""

    mapping: Mapping[str, str]  # field -> heading
    units: Mapping[str, str]  # code -> name, of the units that may stand in the list
    today: date
    person_rule: PersonRule = PersonRule.PHONE
    recall_from: date | None = None  # earlier transactions are too long ago to remember
    restore_zeros: bool = False  # a code that lost its leading zeros is completed
    refuse_contacts: bool = False  # unreadable telephones and addresses are faults


@dataclass(slots=True)
class _Work:
    listed: Listed
    reading: Reading
    faults: list[CellFault] = field(default_factory=list)
    n_faults: int = 0

    def column(self, name: str) -> pd.Series:
        """The cells of a field; blank where the list has no such column."""
        heading = self.reading.mapping.get(name)
        if heading is None:
            return pd.Series("", index=self.listed.table.index, dtype="str")
        return self.listed.table[heading]

    def note(self, name: str, wrong: Bools, code: str, facts: Callable[[int], Levels] = lambda _row: {}) -> None:
        """A fault for each cell, the first ones with their place."""
        rows = np.flatnonzero(wrong)
        self.n_faults += len(rows)
        for row in rows[: max(0, MOST_FAULTS - len(self.faults))].tolist():
            self.faults.append(CellFault(self.listed.cell(row, self.reading.mapping[name]), code, facts(row)))


@dataclass(frozen=True, slots=True)
class CheckedList:
    """Rows as they will be kept, their counts, and the faults; with a fault the rows are not to be used."""

    rows: pd.DataFrame
    report: dict[str, Any]
    faults: tuple[CellFault, ...]
    n_faults: int


def checked_list(listed: Listed, reading: Reading) -> CheckedList:
    """Check a list and put it into the columns of a frame, one row for each of its rows.

    Columns: ``ref``, ``person`` (the first ref of the same person), ``unit_code``, ``cluster`` (within its unit),
    ``on`` (ISO day), ``adults``, ``size``, the contact fields, ``row`` (of the sheet) and ``notes`` (why it may be
    hard to reach or stands twice).
    """
    work = _Work(listed, reading)
    rows = pd.DataFrame({"row": listed.row_numbers})
    rows["ref"], refs_from = _refs(work)
    rows["unit_code"] = _units(work)
    rows["cluster"] = _clusters(work, rows["unit_code"])
    rows["on"] = _days(work)
    for name in ("adults", "size"):
        rows[name] = _numbers(work, name)
    for name in CONTACT_FIELDS:
        rows[name] = work.column(name)
    wrong = _contacts(work, rows)
    if work.n_faults:
        return CheckedList(rows, {}, tuple(work.faults), work.n_faults)
    dialled = rows["phone"].mask(wrong["bad_phone"], "")  # "không có" is nobody's number
    rows["person"] = _persons(rows, dialled, work.column("person"), reading.person_rule)
    marks = {**wrong, **_marks(rows, dialled, reading)}
    rows["notes"] = _notes(marks)
    return CheckedList(rows, {"refs": refs_from, **_report(rows, marks, reading)}, (), 0)


# --- cells -----------------------------------------------------------------------------------------------------------


def _by_level(column: pd.Series, reader: Callable[[str], object]) -> tuple[npt.NDArray[np.int64], list[object]]:
    """Which distinct cell stands in each row, and what the reader makes of each."""
    places, levels = pd.factorize(column)
    return np.asarray(places, dtype=np.int64), [reader(str(level)) for level in levels]


def _refs(work: _Work) -> tuple[pd.Series, str]:
    """The numbers of the rows, and where they are from: the list, or the place in it."""
    given = work.column("ref")
    places = work.listed.row_numbers
    numbered = pd.Series(places, index=given.index).astype("str").str.zfill(len(str(places.max())))
    if "ref" not in work.reading.mapping:
        return numbered, "numbered"
    if given.str.fullmatch(PERSONAL_NUMBER).mean() > 0.5:
        return numbered, "personal"  # an identity number goes into no file that leaves the house
    work.note("ref", (given == "").to_numpy(), "cell_blank")
    twice = given.duplicated() & (given != "")
    work.note("ref", twice.to_numpy(), "ref_repeated", lambda row: {"value": given.iloc[row]})
    _refuse_formulas(work, "ref")
    return given, "given"


def _refuse_formulas(work: _Work, name: str) -> None:
    """These cells stand in CSV files that others open in a spreadsheet, where they would be reckoned."""
    column = work.column(name)
    work.note(
        name,
        column.str.match(FORMULA).to_numpy(dtype=np.bool_),
        "formula_like",
        lambda row: {"value": column.iloc[row]},
    )


def _units(work: _Work) -> pd.Series:
    """The unit of each row: by code, or by name where that is the name of one unit."""
    column = work.column("unit")
    if "unit" not in work.reading.mapping:
        return column
    known = work.reading.units
    names = [name.casefold() for name in known.values()]
    by_name = {name.casefold(): code for code, name in known.items() if names.count(name.casefold()) == 1}
    places, _levels = pd.factorize(column)
    levels = [str(level) for level in _levels]
    meant = [level if level in known else by_name.get(level.casefold(), "") for level in levels]
    likely = [_with_zeros(level, known) for level in levels]
    if work.reading.restore_zeros:
        meant = [code or suggestion for code, suggestion in zip(meant, likely, strict=True)]
    wrong = np.array([code == "" for code in meant])
    counts = np.bincount(places, minlength=len(levels))
    first = np.zeros(len(column), dtype=np.bool_)
    first[np.unique(places, return_index=True)[1]] = True
    at_fault = wrong[places] & first  # each unknown code once

    def facts(row: int) -> Levels:
        level = int(places[row])
        return {"value": levels[level], "rows": int(counts[level]), "meant": likely[level]}

    blank = (column == "").to_numpy()
    work.note("unit", blank, "cell_blank")
    lost = np.array([suggestion != "" for suggestion in likely])[places]
    work.note("unit", at_fault & ~blank & lost, "unit_lost_zeros", facts)
    work.note("unit", at_fault & ~blank & ~lost, "unit_unknown", facts)
    return pd.Series(np.array(meant, dtype=object)[places], index=column.index, dtype="str")


def _with_zeros(code: str, known: Mapping[str, str]) -> str:
    """The one known code that this is without its leading zeros, or nothing."""
    found = {unit for unit in known if code.isdigit() and unit.lstrip("0") == code.lstrip("0")}
    return found.pop() if len(found) == 1 else ""


def _clusters(work: _Work, units: pd.Series) -> pd.Series:
    """First-stage units, each within its unit: there is a "Thôn 1" in many communes."""
    column = work.column("cluster")
    if "cluster" not in work.reading.mapping:
        return column
    work.note("cluster", (column == "").to_numpy(), "cell_blank")
    _refuse_formulas(work, "cluster")
    return units + JOINT + column if "unit" in work.reading.mapping else column


def _days(work: _Work) -> pd.Series:
    column = work.column("on")
    places, read = _by_level(column, read_day)
    days = [day.isoformat() if isinstance(day, date) else "" for day in read]
    blank = (column == "").to_numpy()
    unread = np.array([day is None for day in read], dtype=np.bool_)[places] & ~blank
    later = np.array([isinstance(day, date) and day > work.reading.today for day in read], dtype=np.bool_)[places]
    if "on" in work.reading.mapping:
        work.note("on", unread, "day_unreadable", lambda row: {"value": column.iloc[row]})
        work.note("on", later, "day_in_future", lambda row: {"value": column.iloc[row]})
    return pd.Series(np.array(days, dtype=object)[places], index=column.index, dtype="str")


def read_day(text: str) -> date | None:
    """A day as people write it: 5/3/2026, 2026-03-05, also with a time; or the number a spreadsheet has for it."""
    if found := DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif found := YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif re.fullmatch(r"\d{5}", text) and EXCEL_DAYS[0] <= int(text) <= EXCEL_DAYS[1]:
        return date(1899, 12, 30) + timedelta(days=int(text))
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numbers(work: _Work, name: str) -> pd.Series:
    """Numbers above zero: adults of a household, measures of size."""
    column = work.column(name)
    if name not in work.reading.mapping:
        return pd.Series(np.nan, index=column.index)
    plain = column.str.replace(",", ".", regex=False).str.replace(r"\s", "", regex=True)
    values = pd.to_numeric(plain.mask(plain == ""), errors="coerce").astype("float64")
    blank = (column == "").to_numpy()
    work.note(name, blank, "cell_blank")
    bad = ~(np.isfinite(values.to_numpy()) & (values.to_numpy() > 0)) & ~blank
    work.note(name, bad, "number_not_positive", lambda row: {"value": column.iloc[row]})
    return values


def _contacts(work: _Work, rows: pd.DataFrame) -> dict[str, Bools]:
    """Telephones and addresses in one spelling; which could not be read. What cannot be read is kept as it stands."""
    wrong = {}
    for name, reader in (("phone", readable_phones), ("email", readable_emails)):
        read, unreadable = reader(rows[name])
        wrong[f"bad_{name}"] = unreadable
        if work.reading.refuse_contacts and name in work.reading.mapping:
            work.note(name, unreadable, f"{name}_unreadable")
        rows[name] = read
    return wrong


# --- people ----------------------------------------------------------------------------------------------------------


def folded(names: pd.Series) -> pd.Series:
    """Names without regard to capitals and spaces."""
    return names.str.lower().str.replace(r"\s+", " ", regex=True).str.strip()


def _persons(rows: pd.DataFrame, phone: pd.Series, given: pd.Series, rule: PersonRule) -> pd.Series:
    """Of each row, the first ref (in canonical order) of its person: the same whatever the order of the list."""
    if rule is PersonRule.ROW and (given == "").all():
        return rows["ref"]
    names = folded(rows["name"])
    by_phone = "p" + phone + (("|" + names) if rule is PersonRule.PHONE_AND_NAME else "")
    key = ("r" + rows["ref"]).mask(names != "", "n" + names + "|" + rows["unit_code"])
    key = key.mask(phone != "", by_phone) if rule is not PersonRule.ROW else "r" + rows["ref"]
    key = key.mask(given != "", "i" + given)
    codes, _keys = pd.factorize(key)
    order = canonical_order(rows["ref"])
    first = np.empty(codes.max() + 1, dtype=np.int64)
    first[codes[order][::-1]] = order[::-1]
    return pd.Series(rows["ref"].to_numpy(dtype=object)[first[codes]], index=rows.index, dtype="str")


def _marks(rows: pd.DataFrame, dialled: pd.Series, reading: Reading) -> dict[str, Bools]:
    names, phone = folded(rows["name"]), rows["phone"]
    stale = np.zeros(len(rows), dtype=np.bool_)
    if reading.recall_from is not None:
        stale = ((rows["on"] != "") & (rows["on"] < reading.recall_from.isoformat())).to_numpy()
    return {
        "repeat": rows["person"].duplicated(keep=False).to_numpy(),
        "namesake": _several(names + "|" + rows["unit_code"], rows["person"]) & (names != "").to_numpy(),
        "shared_phone": _several(dialled, names) & (dialled != "").to_numpy(),
        "no_phone": (phone == "").to_numpy(),
        "unreachable": ((phone == "") & (rows["email"] == "") & (rows["address"] == "")).to_numpy(),
        "stale": stale,
    }


def _several(keys: pd.Series, values: pd.Series) -> Bools:
    """Rows whose key has more than one value."""
    key, value = (pd.factorize(column)[0].astype(np.int64) for column in (keys, values))
    pairs = np.unique(key * (int(value.max(initial=0)) + 1) + value)
    n_values = np.bincount(pairs // (int(value.max(initial=0)) + 1), minlength=int(key.max(initial=0)) + 1)
    found: Bools = n_values[key] > 1
    return found


NOTED = ("bad_phone", "bad_email", "repeat", "namesake", "shared_phone", "unreachable", "stale")


def _notes(marks: Mapping[str, Bools]) -> pd.Series:
    """The marks of each row as words, one after another."""
    code = sum((marks[name].astype(np.int64) << place for place, name in enumerate(NOTED)), np.int64(0))
    words = [
        " ".join(name for place, name in enumerate(NOTED) if level >> place & 1) for level in range(2 ** len(NOTED))
    ]
    return pd.Series(np.array(words, dtype=object)[code], dtype="str")


def _report(rows: pd.DataFrame, marks: Mapping[str, Bools], reading: Reading) -> dict[str, Any]:
    """Counts, by stratum too; never a name."""
    per_person = rows["person"].value_counts()
    return {
        "rows": len(rows),
        "people": len(per_person),
        "most_rows": int(per_person.iloc[0]),
        **{name: int(wrong.sum()) for name, wrong in marks.items()},
        "recall_from": reading.recall_from.isoformat() if reading.recall_from else None,
        "person_rule": "person" if "person" in reading.mapping else str(reading.person_rule),
        "strata": _strata(rows, reading.units),
    }


def _strata(rows: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows, people and first-stage units of each unit, in the order of the units."""
    grouped = rows.groupby("unit_code", sort=True)
    counts = grouped.agg(rows=("ref", "size"), people=("person", "nunique"), clusters=("cluster", "nunique"))
    place = {code: number for number, code in enumerate(names)}
    found: list[dict[str, Any]] = [{"code": str(code), "name": names.get(str(code), "")} for code in counts.index]
    for facts, row in zip(found, counts.to_dict("records"), strict=True):
        facts |= {str(name): int(n) for name, n in row.items()}
    return sorted(found, key=lambda facts: place.get(facts["code"], len(place)))
