"""Payment lists as people fill them in."""

from __future__ import annotations

from flask_babel import gettext as _

from survey_app.documents.excel import Kind, Table, write_workbook
from survey_app.services.payments import MOST_AMOUNT, Payment
from survey_app.uploads import Sheet, named, read_sheet, shown
from survey_app.uploads.columns import required, wholes
from survey_app.uploads.faults import CellFault, UploadRefused

MOST_LINES = 5_000
HEADINGS = {
    "name": ("Họ và tên", "Họ tên", "Full name", "Name"),
    "organisation": ("Đơn vị, địa chỉ", "Đơn vị", "Địa chỉ", "Organisation"),
    "work": ("Nội dung chi", "Nội dung", "What for"),
    "quantity": ("Số lượng", "Quantity"),
    "unit_amount": ("Đơn giá (đồng)", "Đơn giá", "Số tiền", "Unit amount"),
    "account": ("Số tài khoản", "Account"),
    "bank": ("Ngân hàng", "Bank"),
}
NEEDED = ("name", "work", "unit_amount")


def read_payments(data: bytes, filename: str) -> list[Payment]:
    """The lines of a list; a quantity that is not given is 1.

    Raises
    ------
    UploadRefused
        With every fault by cell.
    """
    sheet = named(read_sheet(data, filename, max_rows=MOST_LINES), HEADINGS, NEEDED)
    faults = [fault for name in NEEDED for fault in required(sheet, name)]
    amounts, of_amounts = wholes(sheet, "unit_amount")
    quantities: list[int | None] = [1] * len(sheet.rows)
    if "quantity" in sheet.header:
        quantities, of_quantities = wholes(sheet, "quantity")
        faults += of_quantities
        faults += [
            CellFault(sheet.cell(i, "quantity"), "not_above_zero") for i, found in enumerate(quantities) if found == 0
        ]
    faults += of_amounts
    pairs = list(zip(amounts, quantities, strict=True))
    faults += [
        CellFault(sheet.cell(i, "unit_amount"), "amount_too_large", {"most": f"{MOST_AMOUNT:,}".replace(",", ".")})
        for i, (amount, quantity) in enumerate(pairs)
        if (amount or 0) * (quantity or 1) > MOST_AMOUNT
    ]
    if faults:
        raise UploadRefused(faults)
    texts = {name: _texts(sheet, name) for name in ("name", "organisation", "work", "account", "bank")}
    return [
        Payment(quantity=quantity or 1, unit_amount=amount or 0, **{name: cells[i] for name, cells in texts.items()})
        for i, (amount, quantity) in enumerate(pairs)
    ]


def _texts(sheet: Sheet, column: str) -> list[str]:
    return [shown(cell) for cell in sheet.column(column)] if column in sheet.header else [""] * len(sheet.rows)


def empty_list() -> bytes:
    """A list to fill in, with one line as an example."""
    example = (_("Nguyễn Thị A"), _("Phường B"), _("Điều tra viên"), 10, 30000, "0123456789", _("Ngân hàng C"))
    kinds = [Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.WHOLE, Kind.WHOLE, Kind.TEXT, Kind.TEXT]
    table = Table([known[0] for known in HEADINGS.values()], [example], kinds, template=True)
    return write_workbook({_("Danh sách chi"): table})
