"""The table of units and their people, as it is typed, pasted or uploaded: read row by row, faults by place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from survey_app.design_spec import Stratum
from survey_app.uploads import CONTROL, heading_key

MOST_ROWS = 2_000
COLUMNS = ("code", "name", "population", "thon", "p", "sd", "cost")
HEADINGS: Mapping[str, tuple[str, ...]] = {  # our column -> headings that people write
    "code": ("Mã", "Mã đơn vị", "Mã xã", "unit_code", "code"),
    "name": ("Tên", "Tên đơn vị", "Đơn vị", "name", "unit"),
    "stratum": ("Tầng", "Nhóm", "stratum"),
    "population": ("Số người", "Dân số", "Tổng thể", "Người lớn", "population", "people"),
    "thon": ("Số thôn", "Thôn", "Số thôn, tổ dân phố", "thon", "first-stage units"),
    "p": ("Tỷ lệ", "Tỷ lệ dự kiến", "p", "share"),
    "sd": ("Độ lệch chuẩn", "sd", "standard deviation"),
    "cost": ("Đơn giá", "Chi phí", "cost", "price"),
}
Place = Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one place of the table: a row, or the cell of an uploaded file."""

    place: str
    code: str
    params: dict[str, Any]


class PopulationRefused(ValueError):
    """A table that cannot be used, with all its faults."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.place}: {fault.code}" for fault in faults))


def columns_of(header: Sequence[str]) -> dict[str, int] | None:
    """Which column holds what, None where the row is no header."""
    found: dict[str, int] = {}
    for place, heading in enumerate(header):
        for name, known in HEADINGS.items():
            if heading_key(str(heading)) in map(heading_key, known):
                found.setdefault(name, place)
    return found if "population" in found else None


def strata_of_text(text: str, known: Mapping[str, str]) -> tuple[Stratum, ...]:
    """The strata of lines with cells between tabs or semicolons; the first line may be a header.

    known: code -> name of the units of the round.
    """
    lines = [
        (number, re.split(r"\t|;", line)) for number, line in enumerate(text.splitlines(), start=1) if line.strip()
    ]
    header = columns_of(lines[0][1]) if lines else None
    columns = header or {name: place for place, name in enumerate(COLUMNS)}
    body = lines[1:] if header else lines
    numbers = [number for number, _cells in body]
    return strata_of_cells([cells for _number, cells in body], columns, known, lambda row, _name: str(numbers[row]))


def strata_of_cells(
    rows: Sequence[Sequence[object]], columns: Mapping[str, int], known: Mapping[str, str], place: Place
) -> tuple[Stratum, ...]:
    """The strata of the rows of a table.

    Raises
    ------
    PopulationRefused : blank, negative or twofold cells; each with its place.
    """
    faults: list[RowFault] = []
    if not rows:
        faults.append(RowFault("", "no_rows", {}))
    if len(rows) > MOST_ROWS:
        raise PopulationRefused([RowFault("", "too_many_rows", {"most": MOST_ROWS})])
    reader = _Reader(columns, known, place, faults)
    strata = [stratum for number, row in enumerate(rows) if (stratum := reader.stratum(number, row)) is not None]
    if faults:
        raise PopulationRefused(faults)
    return tuple(strata)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rows and collects their faults."""

    columns: Mapping[str, int]
    known: Mapping[str, str]
    place: Place
    faults: list[RowFault]
    seen: dict[str, str] = field(default_factory=dict)

    def stratum(self, number: int, row: Sequence[object]) -> Stratum | None:
        cells = {name: _text(row[at]) if at < len(row) else "" for name, at in self.columns.items()}
        if not any(cells.values()):
            return None
        before = len(self.faults)
        code = self._code(number, cells)
        population = self._whole(number, "population", cells)
        thon = self._whole(number, "thon", cells, blank=True)
        if population is not None and thon is not None and population < thon:
            self._fault(number, "thon", "fewer_people_than_thon", people=population, thon=thon)
        share = self._share(number, cells)
        sd, cost = (self._positive(number, name, cells) for name in ("sd", "cost"))
        if len(self.faults) > before or population is None:
            return None
        name = cells.get("name") or self.known.get(code, "") or code
        return Stratum(code, name, population, thon, share, sd, cost)

    def _code(self, number: int, cells: Mapping[str, str]) -> str:
        unit, part = cells.get("code", ""), cells.get("stratum", "")
        if unit and self.known and unit not in self.known:
            full = [code for code in self.known if code.lstrip("0") == unit]
            if full:
                self._fault(number, "code", "zeros_lost", value=unit, full=full[0])
        code = "/".join(word for word in (unit, part) if word)
        if not code:
            self._fault(number, "code", "blank_code")
        elif code in self.seen:
            self._fault(number, "code", "same_code", value=code, other=self.seen[code])
        else:
            self.seen[code] = self.place(number, "code")
        return code

    def _whole(self, number: int, name: str, cells: Mapping[str, str], *, blank: bool = False) -> int | None:
        text = cells.get(name, "")
        if not text:
            if not blank:
                self._fault(number, name, "blank", column=name)
            return None
        value = whole_of(text)
        if value is None:
            self._fault(number, name, "not_whole", column=name, value=text)
        elif value <= 0:
            self._fault(number, name, "not_positive", column=name, value=text)
        else:
            return value
        return None

    def _share(self, number: int, cells: Mapping[str, str]) -> float | None:
        text = cells.get("p", "")
        if not text:
            return None
        value = amount_of(text.rstrip("% "))
        value = value / 100 if value is not None and text.endswith("%") else value
        if value is None or not 0 < value < 1:
            self._fault(number, "p", "not_share", value=text)
            return None
        return value

    def _positive(self, number: int, name: str, cells: Mapping[str, str]) -> float | None:
        text = cells.get(name, "")
        if not text:
            return None
        whole = whole_of(text) if name == "cost" else None
        value = amount_of(text) if whole is None else float(whole)
        if value is None or value <= 0:
            self._fault(number, name, "not_positive", column=name, value=text)
            return None
        return value

    def _fault(self, number: int, name: str, code: str, **params: Any) -> None:
        self.faults.append(RowFault(self.place(number, name), code, params))


def whole_of(text: str) -> int | None:
    """A whole number, also with signs for thousands (9.000, 9 000, 9,000) or with a decimal zero; None for others."""
    plain = re.sub(r"\s", "", text)
    if re.fullmatch(r"-?\d{1,3}([.,]\d{3})+", plain):
        return int(re.sub(r"[.,]", "", plain))
    return int(found[1]) if (found := re.fullmatch(r"(-?\d{1,15})([.,]0*)?", plain)) else None


def amount_of(text: str) -> float | None:
    """A number with a decimal comma or point; None for anything else."""
    plain = re.sub(r"\s", "", text)
    return float(plain.replace(",", ".")) if re.fullmatch(r"-?\d{0,15}[.,]?\d{1,15}", plain) else None


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(CONTROL.sub("", str(cell)).split())


def text_of(strata: Sequence[Stratum], header: Sequence[str]) -> str:
    """The strata as lines with a header; columns that nothing stands in are left out at the end.

    header: words for code, name, population, thon, p, sd, cost.
    """
    rows = [tuple(_written(name, getattr(stratum, name)) for name in COLUMNS) for stratum in strata]
    width = max((max((at + 1 for at, cell in enumerate(row) if cell), default=3) for row in rows), default=3)
    lines = [tuple(header), *rows]
    return "\n".join("\t".join(line[: max(width, 3)]) for line in lines) + "\n"


def _written(name: str, value: object) -> str:
    if value is None:
        return ""
    if name == "p" and isinstance(value, float):
        return f"{100 * value:.10g}%".replace(".", ",")
    return f"{value:.12g}".replace(".", ",") if isinstance(value, float) else str(value)
