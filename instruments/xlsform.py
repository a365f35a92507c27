"""Questionnaires in and out of files: YAML of the catalogue and .xlsx of the researchers, one model.

Both forms hold the same columns and convert into each other without loss.
"""

from __future__ import annotations

from pathlib import Path, PurePath

from instruments import workbook, yaml_form
from instruments.building import Built, build
from instruments.faults import Fault, InstrumentErrors
from instruments.flattening import flatten
from instruments.model import Instrument
from instruments.rows import Document

SUFFIXES = (".xlsx", ".yaml", ".yml")


def read_instrument(path: Path) -> Instrument:
    """The instrument in a .yaml or .xlsx file.

    Raises
    ------
    InstrumentErrors
        With every fault of the file and its place.
    """
    return _sound(build(read_document(path)), path.name)


def read_document(path: Path) -> Document:
    """The rows of a .yaml or .xlsx file, not yet understood."""
    if path.suffix.lower() not in SUFFIXES:
        raise InstrumentErrors(path.name, [Fault("unknown_file_form", {"suffix": path.suffix or path.name})])
    return parse_document(path.read_bytes(), path.name)


def parse_document(data: bytes, source: str) -> Document:
    """The rows of a file's bytes, not yet understood; the suffix of ``source``, its name, says which form it is."""
    suffix = PurePath(source).suffix.lower()
    if suffix == ".xlsx":
        return workbook.read_document(data, source)
    if suffix in SUFFIXES:
        return _yaml_document(data, source)
    raise InstrumentErrors(source, [Fault("unknown_file_form", {"suffix": suffix or source})])


def _yaml_document(data: bytes, source: str) -> Document:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstrumentErrors(source, [Fault("not_utf8", {"position": error.start})]) from error
    return yaml_form.read_document(text, source)


def parse_yaml(text: str, source: str) -> Instrument:
    """The instrument in a YAML text; ``source`` names it in errors."""
    return _sound(build(yaml_form.read_document(text, source)), source)


def parse_xlsx(data: bytes, source: str) -> Instrument:
    """The instrument in the bytes of an .xlsx file; ``source`` names it in errors."""
    return _sound(build(workbook.read_document(data, source)), source)


def _sound(built: Built, source: str) -> Instrument:
    if built.faults:
        raise InstrumentErrors(source, built.faults)
    return built.instrument


def dump_yaml(instrument: Instrument) -> str:
    """The YAML text of an instrument."""
    return yaml_form.write_document(flatten(instrument))


def dump_xlsx(instrument: Instrument) -> bytes:
    """The .xlsx of an instrument."""
    return workbook.write_document(flatten(instrument))


def write_instrument(instrument: Instrument, path: Path) -> None:
    """Write an instrument as .yaml or .xlsx, by the suffix of the path."""
    if path.suffix.lower() == ".xlsx":
        path.write_bytes(dump_xlsx(instrument))
    elif path.suffix.lower() in (".yaml", ".yml"):
        path.write_text(dump_yaml(instrument), encoding="utf-8")
    else:
        raise InstrumentErrors(path.name, [Fault("unknown_file_form", {"suffix": path.suffix or path.name})])
