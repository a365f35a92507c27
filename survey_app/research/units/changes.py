"""What became of earlier units: the crosswalk of a city, read, exported, and changed by a list."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, reading, send_file_bytes, writing
from survey_app.listing import Column, listing_of, listing_xlsx
from survey_app.models.units import Unit, UnitChange
from survey_app.queries.units import changes_of_city, select_changes, units_of_city
from survey_app.research.units.reading import changes_workbook, read_changes, share_faults
from survey_app.research.units.room import (
    READERS,
    ImportForm,
    all_cities,
    blueprint,
    chosen_city,
    city_name,
    forget,
    keep_waiting,
    waiting,
)
from survey_app.research.uploading import fault_lines, uploaded
from survey_app.services.unit_changes import (
    ChangesPlan,
    SharesDoNotAddUp,
    apply_changes,
    plan_changes,
    remove_change,
)
from survey_app.services.units import UnitsMoved
from survey_app.uploads.faults import UploadRefused

KIND = "unit_changes"
COLUMNS = (
    Column("old_code", _l("Mã cũ"), UnitChange.old_code, filter=True),
    Column("old_name", _l("Tên đơn vị cũ"), UnitChange.old_name, filter=True),
    Column("share", _l("Tỷ lệ dân số chuyển sang"), UnitChange.share, kind="percent"),
    Column("new_code", _l("Mã mới"), Unit.code, filter=True),
    Column("new_name", _l("Tên đơn vị mới"), Unit.name, filter=True),
    Column("old_population", _l("Dân số đơn vị cũ"), UnitChange.old_population, kind="number"),
    Column("effective_on", _l("Ngày hiệu lực"), UnitChange.effective_on, kind="day"),
    Column("source_note", _l("Căn cứ"), UnitChange.source_note, sort=False),
)


@blueprint.get("/changes")
@open_to(*READERS)
def changes() -> Response | str:
    """The crosswalk of a city."""
    cities = all_cities()
    city = chosen_city(cities)
    with reading() as session:
        listing = listing_of(session, select_changes(city), COLUMNS, request.args, default_sort="old_code")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"sap-nhap-chia-tach-{city}.xlsx")
    return _page("changes.html", listing=listing, city=city, cities=cities)


@blueprint.get("/changes/template.xlsx")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def changes_template() -> Response:
    """The crosswalk of a city to be corrected and sent back; where there is none, an example."""
    city = chosen_city(all_cities())
    with reading() as session:
        rows: list[tuple[object, ...]] = [
            (row.old_code, row.old_name, code, row.share, row.old_population, row.effective_on, row.source_note)
            for row, code in changes_of_city(session, city)
        ]
        first = next(iter(units_of_city(session, city)), "00001")
    example = ("00099", _("Xã cũ C"), first, 1, 12000, date(2025, 7, 1), _("Nghị quyết số …"))
    return send_file_bytes(changes_workbook(rows or [example]), f"bang-doi-chieu-don-vi-{city}.xlsx")


@blueprint.route("/changes/import", methods=["GET", "POST"])
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def changes_import() -> AnyResponse | str | tuple[str, int]:
    """Send a crosswalk in; it is checked, kept for a day, and shown before anything changes."""
    cities = all_cities()
    form = ImportForm(cities)
    if request.method == "GET":
        form.city.data = chosen_city(cities)
        return _page("changes_import.html", form=form, found=[])
    if not form.validate():
        return _page("changes_import.html", form=form, found=[]), 422
    try:
        data, name = uploaded()
        with writing() as session:
            _planned(session, form.city.data, data, name)
            file_id = keep_waiting(session, KIND, name, data)
    except UploadRefused as refusal:
        return _page("changes_import.html", form=form, found=fault_lines(refusal)), 422
    return redirect(url_for("units.changes_preview", file_id=file_id, city=form.city.data), 303)


@blueprint.get("/changes/import/<uuid:file_id>")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def changes_preview(file_id: UUID) -> str | tuple[str, int]:
    """What the crosswalk would change."""
    return _preview(file_id, chosen_city(all_cities()))


@blueprint.post("/changes/import/<uuid:file_id>")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def changes_apply(file_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """Do exactly what was shown, or nothing."""
    city = chosen_city(all_cities())
    try:
        with writing() as session:
            upload = waiting(session, KIND, file_id)
            lines, _sheet = read_changes(upload.data, upload.name, units_of_city(session, city))
            plan = apply_changes(session, city, lines, request.form.get("digest", ""))
            forget(session, file_id)
            facts = {"new": len(plan.new), "replaced": len(plan.replaced), "file": upload.name}
            audit(session, "units.changes_imported", city, **facts)
    except (UnitsMoved, SharesDoNotAddUp, UploadRefused):
        return _preview(file_id, city, moved=True)
    flash_done(_("Đã ghi việc sắp xếp của %(n)s đơn vị cũ.", n=len(plan.new) + len(plan.replaced)))
    return redirect(url_for("units.changes", city=city), 303)


@blueprint.route("/changes/remove", methods=["GET", "POST"])
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def changes_remove() -> AnyResponse | str:
    """Ask, then forget, what became of the earlier units of a city on a day."""
    city = chosen_city(all_cities())
    with reading() as session:
        on_days = sorted({row.effective_on for row, _code in changes_of_city(session, city)})
    if request.method == "GET":
        return _page("changes_remove.html", city=city, on_days=on_days)
    day = _day(request.form.get("effective_on", ""))
    if day not in on_days:
        abort(404)
    with writing() as session:
        n = remove_change(session, city, day)
        audit(session, "units.changes_removed", city, effective_on=day.isoformat(), n=n)
    flash_done(_("Đã xóa %(n)s dòng đối chiếu.", n=n))
    return redirect(url_for("units.changes", city=city), 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404)


def _preview(file_id: UUID, city: str, *, moved: bool = False) -> str | tuple[str, int]:
    with reading() as session:
        upload = waiting(session, KIND, file_id)
        try:
            plan = _planned(session, city, upload.data, upload.name)
        except UploadRefused as refusal:  # units or the crosswalk changed since the file was sent
            form = ImportForm(all_cities(), formdata=None)
            form.city.data = city
            return _page("changes_import.html", form=form, found=fault_lines(refusal)), 422
        names = {code: unit.name for code, unit in units_of_city(session, city).items()}
    shown = _page("changes_preview.html", plan=plan, city=city, upload=upload, names=names, moved=moved)
    return (shown, 422) if moved else shown


def _planned(session: Session, city: str, data: bytes, name: str) -> ChangesPlan:
    lines, sheet = read_changes(data, name, units_of_city(session, city))
    try:
        return plan_changes(session, city, lines)
    except SharesDoNotAddUp as refusal:
        raise share_faults(refusal, lines, sheet) from refusal


def _page(name: str, **values: Any) -> str:
    return render_template(f"console/units/{name}", city_name=city_name, **values)
