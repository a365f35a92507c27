"""A form as it is uploaded: looked at before it is opened, read, and judged cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from instruments.building import build
from instruments.checking import check_document
from instruments.faults import Fault, InstrumentErrors
from instruments.xlsform import SUFFIXES, dump_yaml, parse_document
from survey_app.uploads.faults import refused
from survey_app.uploads.xlsx_file import read_workbook

MOST_BYTES = 10 << 20  # a form of 200 questions has 60 kB
MOST_YAML_BYTES = 1 << 20
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class UploadedForm:
    """The text to keep, if the file could be read as a form, and all that is wrong or doubtful, by its cells."""

    source: str | None
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.is_error)


def read_form(data: bytes, filename: str) -> UploadedForm:
    """The form in the bytes of an .xlsx or YAML file.

    Raises
    ------
    UploadRefused
        The file is not opened: macros, far too large unpacked, no Excel file at all.
    """
    suffix = PurePath(filename).suffix.lower()
    if suffix not in SUFFIXES:
        raise refused("unknown_form_file", suffix=suffix or filename[-20:])
    if not data:
        raise refused("empty_file")
    most = MOST_BYTES if suffix == ".xlsx" else MOST_YAML_BYTES
    if len(data) > most:
        raise refused("too_large", megabytes=most >> 20)
    if suffix == ".xlsx":
        read_workbook(data, MOST_ROWS, None)
    elif b"\0" in data or data.startswith((b"PK\x03\x04", b"%PDF")):
        raise refused("not_yaml")
    return _read(data, filename)


def _read(data: bytes, filename: str) -> UploadedForm:
    try:
        document = parse_document(data, filename)
    except InstrumentErrors as unreadable:
        return UploadedForm(None, unreadable.faults)
    faults = check_document(document, anonymous=True)
    built = build(document)
    if built.faults:
        return UploadedForm(None, faults)
    if filename.lower().endswith(".xlsx"):
        return UploadedForm(dump_yaml(built.instrument), faults)
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return UploadedForm(text.rstrip("\n") + "\n", faults)
