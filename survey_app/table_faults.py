"""Why a table cannot be read or written: file, column and row, in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unknown_suffix": (
            "không biết loại tệp {suffix!r}; các loại đọc và ghi được: {known}",
            "files of the kind {suffix!r} are unknown; read and written are: {known}",
        ),
        "empty": ("tệp trống", "the file is empty"),
        "no_rows": (
            "chỉ có dòng tiêu đề, không có dòng dữ liệu nào",
            "there is a header, but not one row of data",
        ),
        "encoding": (
            "dòng {row} (byte {byte}) không phải là UTF-8; trong Excel hãy lưu lại theo kiểu “CSV UTF-8”",
            'row {row} (byte {byte}) is not UTF-8; in Excel save the file again as "CSV UTF-8"',
        ),
        "ragged": (
            "dòng {rows} có số ô khác dòng tiêu đề ({expected} cột); ô có dấu ngăn cách phải nằm trong ngoặc kép",
            "row {rows}: not as many cells as the header ({expected}); a cell that holds a separator must be quoted",
        ),
        "repeated_column": (
            "tên cột {column!r} xuất hiện {times} lần; mỗi cột cần một tên riêng",
            "column name {column!r} stands {times} times; every column needs a name of its own",
        ),
        "unnamed_column": (
            "cột thứ {position} có dữ liệu mà không có tên ở dòng tiêu đề",
            "column number {position} holds data but has no name in the header",
        ),
        "unreadable": (
            "không đọc được như một tệp {suffix}: {reason}",
            "cannot be read as a {suffix} file: {reason}",
        ),
        "unwritable": (
            "không ghi được thành tệp {suffix}: {reason}",
            "cannot be written as a {suffix} file: {reason}",
        ),
        "missing_column": (
            "thiếu cột {column!r}; tệp có: {known}",
            "there is no column {column!r}; there are: {known}",
        ),
        "not_a_number": (
            "cột {column!r}, dòng {rows}: {value!r} không phải là số; số được viết như 1234.5 "
            "(hoặc 1234,5 trong tệp CSV ngăn cách bằng dấu chấm phẩy)",
            "column {column!r}, row {rows}: {value!r} is not a number; numbers are written as 1234.5 "
            "(or 1234,5 in a CSV file separated by semicolons)",
        ),
        "thousands": (
            "cột {column!r}, dòng {rows}: {value!r} có thể hiểu hai cách (hàng nghìn hay thập phân); "
            "hãy viết số không có dấu ngăn cách hàng nghìn",
            "column {column!r}, row {rows}: {value!r} can be read in two ways (thousands or decimals); "
            "write numbers without a sign between thousands",
        ),
        "not_people": (
            "cột {column}, dòng {rows}: {value} không phải là số người (số nguyên, từ 0 trở lên)",
            "column {column}, row {rows}: {value} is not a number of people (whole, zero or more)",
        ),
        "repeated": (
            "cột {column}, dòng {rows}: {value} đã có ở dòng trên; mỗi ô chỉ ghi một lần",
            "column {column}, row {rows}: {value} stands in an earlier row already; name each once",
        ),
        "negative": (
            "cột {column!r}, dòng {rows}: {value} là số âm; cần số không âm",
            "column {column!r}, row {rows}: {value} is below zero; zero or more is needed",
        ),
        "not_positive": (
            "cột {column!r}, dòng {rows}: {value} không lớn hơn 0",
            "column {column!r}, row {rows}: {value} is not above zero",
        ),
        "no_such_value": (
            "cột {column!r} không có giá trị {value!r}; có: {known}",
            "column {column!r} holds no {value!r}; there are: {known}",
        ),
        "blank": (
            "cột {column!r}, dòng {rows}: ô trống; cần một mã hoặc tên",
            "column {column!r}, row {rows}: a blank cell; a code or a name is needed",
        ),
        "blank_number": (
            "cột {column!r}, dòng {rows}: ô trống; cần một số",
            "column {column!r}, row {rows}: a blank cell; a number is needed",
        ),
        "blank_amount": (
            "cột {column!r}, dòng {rows}: ô trống; cần một số không âm, là 0 với người không trả lời",
            "column {column!r}, row {rows}: a blank cell; a number is needed, zero or more; 0 for those who did not "
            "answer",
        ),
        "blank_size": (
            "cột {column!r}, dòng {rows}: ô trống; cần một số lớn hơn 0",
            "column {column!r}, row {rows}: a blank cell; a number above zero is needed",
        ),
    }
)
ROWS_NAMED = 5


class TableFileError(ValueError):
    """A file that holds no such table, or a column that does not hold what was asked of it.

    ``code`` is one of ``TEXTS``, ``params`` the facts. Rows are those that a person sees in the file.
    """

    def __init__(self, path: Path, code: str, **params: object) -> None:
        self.path = path
        self.code = code
        self.params = params
        super().__init__(self.message("en"))

    def __reduce__(self) -> Any:
        """Made again from its parts: a fault met in another process travels here."""
        return partial(type(self), self.path, self.code, **self.params), ()

    def message(self, language: str = "vi") -> str:
        """The sentence in Vietnamese (``vi``) or English (``en``), after the name of the file."""
        vietnamese, english = TEXTS[self.code]
        return f"{self.path}: " + (vietnamese if language == "vi" else english).format_map(self.params)


def listed(rows: list[int]) -> str:
    """The first few of many rows, and how many more there are."""
    more = len(rows) - ROWS_NAMED
    named = ", ".join(map(str, rows[:ROWS_NAMED]))
    return f"{named} … (+{more})" if more > 0 else named
