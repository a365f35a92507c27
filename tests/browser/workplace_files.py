"""The spreadsheets that a researcher brings along: units with their populations, lists of officials, a large frame."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from survey_app.definitions import read_units, shipped_units

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
MIDDLES = ("Văn", "Thị", "Đức", "Minh", "Ngọc")
GIVEN = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Lan", "Mai", "Nga", "Phương")
POSTS = {
    "dai-bieu": ("Đại biểu", "HĐND Thành phố"),
    "lanh-dao": ("Phó Giám đốc", "Sở"),
    "hdnd-xa": ("Đại biểu", "HĐND cấp xã"),
    "can-bo": ("Chuyên viên", "UBND xã, phường"),
}
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROOT = (
    f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Danh sách" sheetId="1" r:id="rId1"/></sheets>'
    "</workbook>"
)
BOOK_PARTS = (
    f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)


def workbook(headings: Sequence[str], columns: Sequence[Iterable[str]]) -> bytes:
    """A sheet of texts; a library would take half a minute over 200,000 rows."""
    rows = [headings, *zip(*columns, strict=True)]
    lines = [
        f'<row r="{number}">' + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
        for number, row in enumerate(rows, start=1)
    ]
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", ROOT)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", BOOK_PARTS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return target.getvalue()


def communes() -> pd.DataFrame:
    """The 126 communes and wards of Hà Nội with populations that were made up."""
    units = read_units(shipped_units()["hanoi"])
    communes = units[units["block"] == "xa_phuong"].reset_index(drop=True)
    rng = np.random.default_rng(2026)
    return communes.assign(population=rng.integers(30_000, 120_000, len(communes)))


def units_file(path: Path) -> Path:
    """Codes, names, types, blocks and populations."""
    found = communes()
    texts = [found[name].map(escape) for name in ("unit_code", "name", "unit_type", "block")]
    columns = [*texts, found["population"].astype(str), ["số liệu minh họa"] * len(found)]
    path.write_bytes(workbook(("Mã đơn vị", "Tên đơn vị", "Loại", "Khối", "Dân số", "Nguồn dân số"), columns))
    return path


def officials_file(path: Path, n: int, *, prefix: str, of_units: Sequence[str] = ("",)) -> Path:
    """So many officials for each of these units."""
    units = [unit for unit in of_units for _i in range(n)]
    numbers = range(1, len(units) + 1)
    position, workplace = POSTS[prefix]
    columns = [
        [f"{FAMILIES[i % 8]} {MIDDLES[i % 5]} {GIVEN[i % 11]}" for i in numbers],
        [f"{prefix}{i}@example.vn" for i in numbers],
        [f"09{sum(prefix.encode()) % 80 + 10}{i:06}" for i in numbers],
        units,
        [position] * len(units),
        [workplace] * len(units),
    ]
    headings = ("Họ và tên", "Thư điện tử", "Điện thoại", "Mã đơn vị", "Chức vụ", "Cơ quan")
    path.write_bytes(workbook(headings, columns))
    return path


def frame_file(path: Path, n: int) -> Path:
    """So many files of citizens, shared out to the communes by their populations."""
    found = communes()
    rng = np.random.default_rng(7)
    share = found["population"].to_numpy() / found["population"].sum()
    units = rng.choice(found["unit_code"].to_numpy(), n, p=share)
    names = [rng.choice(part, n) for part in (FAMILIES, MIDDLES, GIVEN)]
    days = rng.integers(1, 29, n)
    columns = [
        [f"HS{i:06}" for i in range(1, n + 1)],
        [" ".join(parts) for parts in zip(*names, strict=True)],
        [f"09{number:08}" for number in rng.choice(10**8, n, replace=False)],
        units,
        [f"Tổ {number}" for number in rng.integers(1, 31, n)],
        [f"{day:02}/03/2026" for day in days],
    ]
    path.write_bytes(
        workbook(("Mã hồ sơ", "Họ và tên", "Điện thoại", "Mã xã", "Tổ dân phố", "Ngày giao dịch"), columns)
    )
    return path
