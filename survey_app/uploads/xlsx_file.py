"""The cells of an Excel workbook, opened only after it was found harmless.

What the reader (calamine) would not survive or would pass over is looked for first, in the workbook's own parts: parts
that unpack to far more than they are, entities, macros, single cells so far apart that the table between them fills
the memory, cells with an error, formulas that were never computed.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import join, normpath

import python_calamine
from lxml import etree

from survey_app.uploads.faults import CellFault, UploadRefused, refused

MOST_BYTES = 400 << 20  # unpacked
MOST_RATIO = 200
MOST_PARTS = 10_000
MOST_CELLS = 20_000_000  # of the rectangle around all cells
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
TARGETS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"

_C, _F, _V = (rb"<(?:\w+:)?%s" % tag for tag in (b"c", b"f", b"v"))
REFERENCE = re.compile(_C + rb"""\s[^>]*?\br\s*=\s*["']([A-Za-z]+)([0-9]+)["']""")
ERROR = re.compile(
    _C + rb"""\s(?=[^>]*\bt="e")[^>]*\br="([A-Z]+[0-9]+)"[^>]*>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)"""
)
FORMULA = re.compile(_F + rb"[\s>/]")
NEVER_COMPUTED = re.compile(
    _C + rb"""\s(?![^>]*\bt="str")[^>]*\br="([A-Z]+[0-9]+)"[^>]*>\s*"""
    + _F + rb"(?:\s[^>]*/>|/>|(?:\s[^>]*)?>[^<]*</(?:\w+:)?f>)\s*"
    + rb"(?:" + _V + rb"\s*/>|" + _V + rb">\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)  # fmt: skip

Corner = tuple[int, int]  # row and column, from 0


@dataclass(frozen=True, slots=True)
class RawSheet:
    """All cells of a sheet from A1 on, with the merged ranges and what is wrong already."""

    name: str
    rows: list[list[object]]
    merged: tuple[tuple[Corner, Corner], ...] = ()
    faults: tuple[CellFault, ...] = ()


def read_workbook(data: bytes, most_rows: int, sheet: str | None) -> RawSheet:
    """The sheet of this name, or the first visible one that has cells."""
    parts = _sound_parts(data)
    for part in parts.values():
        _require_bounded(part, most_rows)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        found = _chosen(book, sheet)
        rows: list[list[object]] = [list(row) for row in found.to_python(skip_empty_area=False)]
    except UploadRefused:
        raise
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise refused("unreadable", kind=".xlsx") from error
    xml = parts.get(_part_of(parts, found.name), b"")
    return RawSheet(found.name, rows, tuple(found.merged_cell_ranges or ()), tuple(_cell_faults(xml)))


def _chosen(book: python_calamine.CalamineWorkbook, wanted: str | None) -> python_calamine.CalamineSheet:
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise refused("no_such_sheet", sheet=wanted, known=", ".join(book.sheet_names))
        return book.get_sheet_by_name(wanted)
    visible = python_calamine.SheetVisibleEnum.Visible
    table = python_calamine.SheetTypeEnum.WorkSheet
    for about in book.sheets_metadata:
        if about.visible == visible and about.typ == table:
            found = book.get_sheet_by_name(about.name)
            if found.height:
                return found
    raise refused("empty_file")


def _sound_parts(data: bytes) -> dict[str, bytes]:
    """The parts of the workbook that are XML, by lower-case name, once nothing speaks against opening it."""
    if data.startswith(OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        raise refused("password" if locked else "old_format")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _require_small(entries, len(data))
            _require_workbook({entry.filename.lower() for entry in entries}, len(entries))
            parts = {entry.filename.lower(): _inflated(data, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise refused("not_xlsx") from error
    if b"macroEnabled" in parts["[content_types].xml"]:
        raise refused("macros")
    texts = {name: part for name, part in parts.items() if _is_xml(part)}
    for name, part in texts.items():
        if not name.startswith("xl/media/") and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):  # pictures may be SVG
            raise refused("entities")
    return texts


def _is_xml(part: bytes) -> bool:
    """Whether a part may be read as XML, in any encoding; those that Excel does not write are refused."""
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or (b"\0" in part[:64] and b"<" in part[:4]):
        raise refused("entities")
    return b"<" in part[:100]


def _require_small(entries: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_BYTES or unpacked > MOST_RATIO * packed or len(entries) > MOST_PARTS:
        raise refused("zip_bomb", megabytes=unpacked >> 20)
    if any(entry.flag_bits & 1 for entry in entries):
        raise refused("password")


def _require_workbook(names: set[str], n_entries: int) -> None:
    if any(name.endswith("vbaproject.bin") for name in names):
        raise refused("macros")
    if "content.xml" in names or "xl/workbook.bin" in names:
        raise refused("old_format")
    if not {"[content_types].xml", "xl/workbook.xml"} <= names or len(names) != n_entries:
        raise refused("not_xlsx")


def _inflated(data: bytes, entry: zipfile.ZipInfo) -> bytes:
    """A part unpacked, and refused if it is longer than it says."""
    start = entry.header_offset + 30
    lengths = data[start - 4 : start]
    start += int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    packed = data[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        return packed
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise refused("not_xlsx")
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    part = unpacking.decompress(packed, entry.file_size + 1)
    if len(part) > entry.file_size:
        raise refused("zip_bomb", megabytes=len(part) >> 20)
    return part


def _require_bounded(part: bytes, most_rows: int) -> None:
    """Refuse a sheet with cells so far apart that the rectangle around them would not fit into memory."""
    if b"sheetData" not in part:
        return
    last_row, columns = 0, set()
    for found in REFERENCE.finditer(part):
        columns.add(found[1])
        if len(found[2]) > 7:
            raise refused("unreadable", kind=".xlsx")
        last_row = max(last_row, int(found[2]))
    if last_row > most_rows:
        raise refused("too_many_rows", rows=last_row, most=most_rows)
    widest = max((_position(letters) for letters in columns), default=0)
    if last_row * widest > MOST_CELLS:
        raise refused("too_wide", columns=widest)


def _position(letters: bytes) -> int:
    place = 0
    for letter in letters[:6].upper():
        place = place * 26 + letter - 64
    return place


def _cell_faults(xml: bytes) -> Iterator[CellFault]:
    if b't="e"' in xml:
        for found in ERROR.finditer(xml):
            yield CellFault(found[1].decode(), "error_cell", {"value": found[2].decode("utf-8", "replace")})
    if FORMULA.search(xml):
        for found in NEVER_COMPUTED.finditer(xml):
            yield CellFault(found[1].decode(), "formula_not_computed")


def _part_of(parts: dict[str, bytes], sheet: str) -> str:
    """The name of the part that holds a sheet, as the workbook says."""
    try:
        book = etree.fromstring(parts["xl/workbook.xml"], _parser())
        links = etree.fromstring(parts["xl/_rels/workbook.xml.rels"], _parser())
    except (etree.XMLSyntaxError, KeyError) as error:
        raise UploadRefused([CellFault("", "unreadable", {"kind": ".xlsx"})]) from error
    targets = {link.get("Id"): link.get("Target", "") for link in links.iter(TARGETS)}
    ids = {element.get("name"): element.get(LINK) for element in book.iter(f"{MAIN}sheet")}
    return normpath(join("/xl", targets.get(ids.get(sheet), ""))).lstrip("/").lower()


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
