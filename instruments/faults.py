"""What is wrong, where, and what would mend it: values that the command line and the web show in their own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from instruments.messages import MESSAGES, PLACES


class Severity(StrEnum):
    ERROR = "error"  # the form cannot be used
    WARNING = "warning"  # it can, but its author should look again


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a questionnaire, and its place in the file."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    sheet: str = ""
    row: int | None = None  # row of the sheet, or line of the YAML file; None where only the name is known
    column: str = ""
    name: str = ""
    path: str = ""  # YAML only, e.g. "survey[2].questions[0].label.vi"
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class InstrumentErrors(ValueError):
    """A file that cannot be read as a questionnaire; carries all its faults at once."""

    def __init__(self, source: str, faults: Iterable[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        lines = (f"{place(fault, 'en')}: {message(fault, 'en')}" for fault in self.faults)
        super().__init__("\n".join([source, *lines]))


class _Known(dict[str, object]):
    """Template parameters; one that is missing shows as its own name instead of raising."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def render(code: str, params: Mapping[str, object], language: str = "vi") -> str:
    """The message of a fault code in Vietnamese (``vi``) or English (``en``)."""
    return MESSAGES[code][language].format_map(_Known(params))


def message(fault: Fault, language: str = "vi") -> str:
    """What is wrong and what would mend it."""
    return render(fault.code, fault.params, language)


def place(fault: Fault, language: str = "vi") -> str:
    """Where the fault is: sheet, row, column and name, or line and path of a YAML file."""
    words = PLACES[language]
    if fault.path:
        parts = [f"{words['line']} {fault.row}" if fault.row else "", fault.path, _named(fault, language)]
    else:
        parts = [
            f"{words['sheet']} {fault.sheet}" if fault.sheet else "",
            f"{words['row']} {fault.row}" if fault.row else "",
            f"{words['column']} {fault.column}" if fault.column else "",
            _named(fault, language),
        ]
    return ", ".join(part for part in parts if part) or words["file"]


def _named(fault: Fault, language: str) -> str:
    return f"{PLACES[language]['name']} {fault.name}" if fault.name else ""


def sentence(fault: Fault, language: str = "vi") -> str:
    """Place first, then the message; a warning says that it is one."""
    kind = "" if fault.is_error else PLACES[language]["warning"] + " "
    return f"{place(fault, language)}: {kind}{message(fault, language)}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one row was written, and where each of its cells was."""

    row: int
    path: str = ""
    cells: Mapping[str, tuple[int, str, str]] = field(default_factory=dict)  # column -> row, header, path


Places = Mapping[tuple[str, str], tuple[Place, ...]]
"""(sheet, name) -> the rows that bear this name, in the order of the file."""


def located(fault: Fault, places: Places) -> Fault:
    """The fault with the row, column header and path that its sheet and name have in the file."""
    rows = places.get((fault.sheet, fault.name), ())
    if fault.row is not None or not rows:
        return fault
    found = rows[-1] if fault.code.startswith("duplicate") else rows[0]
    row, header, path = found.cells.get(fault.column, (found.row, fault.column, found.path))
    return replace(fault, row=row, column=header, path=path)
