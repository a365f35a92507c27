"""The cells of a CSV file in any encoding that Vietnamese offices use; what can be read in two ways is refused."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from statistics import median

from survey_app.uploads.faults import refused

DELIMITERS = ",;\t"
VIETNAMESE = frozenset(
    unicodedata.normalize("NFC", base + tone)
    for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
) | frozenset("đĐ")
USUAL_SIGNS = frozenset("–—‘’“”…°§²³€₫ «»•·×÷±")
# A tone of windows-1258 stands behind its vowel; read as windows-1252 it is a letter that no vowel likes before it.
NOT_VIETNAMESE = re.compile("[aăâeêoôơyưAĂÂEÊOÔƠY][ìòÌÒ]|[iuIU][ìÌ]|(?<![qQgG])[uU][òÒ]", re.UNICODE)
LONGEST_CELL = 1 << 20
MOST_COLUMNS = 16_384  # as in Excel
MOST_CELLS = 10_000_000


def csv_rows(data: bytes, most: int) -> list[list[str]]:
    """The cells as text, row by row, empty rows among them, so that row numbers are those that Excel shows."""
    text = decoded(data)
    if re.match(r"\s*<(!doctype|html|table|\?xml)", text[:200], re.IGNORECASE):
        raise refused("html_file")
    delimiter = _delimiter(text)
    if declared := re.match(r"sep=(.)\r?\n", text):
        delimiter, text = declared[1], text[declared.end() :]
    csv.field_size_limit(LONGEST_CELL)
    try:
        return _bounded(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), most))
    except csv.Error as error:
        raise refused("unreadable", kind=".csv") from error


def _bounded(rows: Iterable[list[str]]) -> list[list[str]]:
    """The rows, unless they would fill the memory: a file of commas has as many cells as bytes."""
    kept, n_cells = [], 0
    for row in rows:
        n_cells += len(row)
        if len(row) > MOST_COLUMNS or n_cells > MOST_CELLS:
            raise refused("too_wide", columns=len(row))
        kept.append(row)
    return kept


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab, whichever splits the first rows into most cells."""

    def cells(delimiter: str) -> float:
        lines = io.StringIO(text[:100_000], newline="")
        try:
            return median(len(row) for row in islice(csv.reader(lines, delimiter=delimiter), 50) if row)
        except csv.Error:
            return 0.0

    return max(DELIMITERS, key=cells) if text.strip() else ","


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a mark, in windows-1258 or windows-1252."""
    if not data.strip():
        raise refused("empty_file")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        if b"\0" in data[:1000]:
            return _utf16_without_mark(data)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.encoding != "utf-8":
            raise refused("encoding", line=data.count(b"\n", 0, error.start) + 1) from error
    return _one_byte_a_letter(data)


def _utf16_without_mark(data: bytes) -> str:
    head = data[:1000]
    if not (head[::2].count(0) or head[1::2].count(0)) or len(data) % 2:
        raise refused("not_text")
    little_end_first = head[1::2].count(0) > head[::2].count(0)
    text = data.decode("utf-16-le") if little_end_first else data.decode("utf-16-be")
    if "\0" in text:
        raise refused("not_text")
    return text


def _one_byte_a_letter(data: bytes) -> str:
    """The one reading that is Vietnamese; two different ones, or none, are refused with the line."""
    readings: dict[str, int] = {}
    for encoding in ("cp1258", "cp1252"):
        try:
            text = unicodedata.normalize("NFC", data.decode(encoding))
        except UnicodeDecodeError:
            continue
        readings.setdefault(text, sum(_oddities(line) for line in text.splitlines()))
    sound: list[str] = [text for text, oddities in readings.items() if not oddities]
    if len(sound) == 1:
        return sound[0]
    raise refused("encoding_ambiguous" if sound else "encoding", line=_first_line_beyond_ascii(data))


def _oddities(line: str) -> int:
    """How many signs no Vietnamese text has: foreign letters, tones without a vowel, two vowels with tones in a row."""
    foreign = sum(not (sign.isascii() or sign in VIETNAMESE or sign in USUAL_SIGNS) for sign in line)
    return foreign + len(NOT_VIETNAMESE.findall(line))


def _first_line_beyond_ascii(data: bytes) -> int:
    return next((n for n, line in enumerate(data.splitlines(), start=1) if not line.isascii()), 1)
