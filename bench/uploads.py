"""How long a list of 200,000 rows and ten columns takes to be read and checked, as Excel and as CSV, and to be written.

`python -m bench.uploads [ROWS]`
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import date, timedelta

from survey_app.documents.excel import Kind, Table, write_workbook
from survey_app.uploads import read_sheet

HEADINGS = ("ref", "name", "unit", "service", "day", "phone", "sex", "age", "address", "note")
KINDS = [Kind.DAY if name == "day" else Kind.WHOLE if name == "age" else Kind.TEXT for name in HEADINGS]


def row(i: int) -> tuple[object, ...]:
    day = date(2026, 1, 1) + timedelta(days=i % 200)
    person = (f"HS{i:07}", f"Nguyễn Văn Ánh {i % 9999}", f"{i % 126:05}", f"Thủ tục số {i % 300}", day)
    return (*person, f"09{i:08}", "Nữ" if i % 2 else "Nam", 18 + i % 60, f"Số {i % 500}, thôn {i % 1000}", None)


def main(n: int) -> None:
    started = time.perf_counter()
    workbook = write_workbook({"frame": Table(HEADINGS, map(row, range(n)), KINDS)})
    print(f"{n} rows written as .xlsx ({len(workbook) / 1e6:.1f} MB): {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    sheet = read_sheet(workbook, "frame.xlsx")
    print(f"read: {time.perf_counter() - started:.1f} s")
    csv = sheet.frame().to_csv(index=False).encode()
    started = time.perf_counter()
    read_sheet(csv, "frame.csv")
    print(f"read as .csv ({len(csv) / 1e6:.1f} MB): {time.perf_counter() - started:.1f} s")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
