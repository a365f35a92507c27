"""The units of each city: read, exported, and changed by a list that is previewed before it is applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, may_open, reading, send_file_bytes, writing
from survey_app.listing import Column, listing_of, listing_xlsx
from survey_app.models.units import Unit
from survey_app.queries.units import blocks_and_types, n_rounds_of_unit, select_units, units_of_city
from survey_app.research.units.reading import fixed_faults, read_units, units_workbook
from survey_app.research.units.room import (
    BLOCKS,
    READERS,
    TYPES,
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
from survey_app.services.units import (
    UnitInUse,
    UnitLine,
    UnitsFixed,
    UnitsMoved,
    UnitsPlan,
    apply_units,
    plan_units,
    remove_unit,
)
from survey_app.uploads.faults import UploadRefused

KIND = "units"
FIELDS: dict[str, Any] = {
    "name": _l("Tên đơn vị"),
    "unit_type": _l("Loại đơn vị"),
    "block": _l("Khối xếp hạng"),
    "population": _l("Dân số"),
    "population_source": _l("Nguồn số liệu dân số"),
    "source_note": _l("Nguồn, ghi chú"),
}


@blueprint.get("/")
@open_to(*READERS)
def index() -> Response | str:
    """The units of a city."""
    cities = all_cities()
    city = chosen_city(cities)
    with reading() as session:
        listing = listing_of(session, select_units(city), _columns(session), request.args, default_sort="code")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"don-vi-{city}.xlsx")
    if may_open("units.remove"):
        listing = replace(listing, columns=(*listing.columns, _removal(city)))
    count = next((count for count in cities if count.city == city), None)
    return _page("index.html", listing=listing, city=city, cities=cities, count=count)


@blueprint.get("/template.xlsx")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def template() -> Response:
    """The list of a city to be corrected and sent back; where there is none, an example."""
    city = chosen_city(all_cities())
    with reading() as session:
        units = list(units_of_city(session, city).values())
        data = units_workbook(units, example=not units)
    return send_file_bytes(data, f"danh-sach-don-vi-{city}.xlsx")


@blueprint.route("/import", methods=["GET", "POST"])
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def import_() -> AnyResponse | str | tuple[str, int]:
    """Send a list in; it is checked, kept for a day, and shown before anything changes."""
    cities = all_cities()
    form = ImportForm(cities)
    if request.method == "GET":
        form.city.data = chosen_city(cities)
        return _page("import.html", form=form, found=[])
    if not form.validate():
        return _page("import.html", form=form, found=[]), 422
    city = form.city.data
    try:
        data, name = uploaded()
        with writing() as session:
            _planned(session, city, data, name)
            file_id = keep_waiting(session, KIND, name, data)
    except UploadRefused as refusal:
        return _page("import.html", form=form, found=fault_lines(refusal)), 422
    return redirect(url_for("units.preview", file_id=file_id, city=city), 303)


@blueprint.get("/import/<uuid:file_id>")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def preview(file_id: UUID) -> str | tuple[str, int]:
    """What the list would change."""
    return _preview(file_id, chosen_city(all_cities()))


@blueprint.post("/import/<uuid:file_id>")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def apply(file_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """Do exactly what was shown, or nothing."""
    city = chosen_city(all_cities())
    try:
        with writing() as session:
            upload = waiting(session, KIND, file_id)
            lines, _sheet = read_units(upload.data, upload.name, units_of_city(session, city))
            plan = apply_units(session, city, lines, request.form.get("digest", ""))
            forget(session, file_id)
            audit(session, "units.imported", city, new=len(plan.new), changed=len(plan.changed), file=upload.name)
    except (UnitsMoved, UnitsFixed, UploadRefused):
        return _preview(file_id, city, moved=True)
    flash_done(_("Đã thêm %(new)s đơn vị, sửa %(changed)s đơn vị.", new=len(plan.new), changed=len(plan.changed)))
    return redirect(url_for("units.index", city=city), 303)


@blueprint.route("/remove", methods=["GET", "POST"])
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def remove() -> AnyResponse | str | tuple[str, int]:
    """Ask, then remove, a unit that no round speaks of."""
    city, code = chosen_city(all_cities()), request.values.get("code", "")
    with reading() as session:
        unit = units_of_city(session, city).get(code) or abort(404)
        name = unit.name
    if request.method == "GET":
        return _page("remove.html", city=city, code=code, name=name, in_use=False)
    try:
        with writing() as session:
            remove_unit(session, city, code)
            audit(session, "units.removed", city, code=code)
    except UnitInUse:
        return _page("remove.html", city=city, code=code, name=name, in_use=True), 422
    flash_done(_("Đã xóa đơn vị %(name)s.", name=name))
    return redirect(url_for("units.index", city=city), 303)


def _removal(city: str) -> Column:
    """The way to the removal of units that no round assesses."""
    return Column(
        "remove",
        _l("Thao tác"),
        sort=False,
        href=lambda row: None if row["n_rounds"] else url_for("units.remove", city=city, code=row["code"]),
        show=lambda row: "" if row["n_rounds"] else _("Xóa %(code)s", code=row["code"]),
    )


def _preview(file_id: UUID, city: str, *, moved: bool = False) -> str | tuple[str, int]:
    with reading() as session:
        upload = waiting(session, KIND, file_id)
        try:
            plan = _planned(session, city, upload.data, upload.name)
        except UploadRefused as refusal:  # a round was opened, or a list applied, since the file was sent
            return _page("import.html", form=_form(city), found=fault_lines(refusal)), 422
        blocks, _types = blocks_and_types(session)
    new_blocks = sorted({line.block for line in plan.new if line.block} - blocks - set(BLOCKS))
    shown = _page("preview.html", plan=plan, city=city, upload=upload, new_blocks=new_blocks, moved=moved)
    return (shown, 422) if moved else shown


def _planned(session: Session, city: str, data: bytes, name: str) -> UnitsPlan:
    """What a file would change, with what opened rounds forbid named by cell."""
    lines: list[UnitLine]
    lines, sheet = read_units(data, name, units_of_city(session, city))
    try:
        return plan_units(session, city, lines)
    except UnitsFixed as refusal:
        raise fixed_faults(refusal, lines, sheet) from refusal


def _form(city: str) -> ImportForm:
    form = ImportForm(all_cities(), formdata=None)
    form.city.data = city
    return form


def _columns(session: Session) -> tuple[Column, ...]:
    blocks, types = blocks_and_types(session)
    return (
        Column("code", _l("Mã"), Unit.code, filter=True),
        Column("name", _l("Tên đơn vị"), Unit.name, filter=True),
        Column("unit_type", _l("Loại"), Unit.unit_type, filter=True, choices=_choices(types, TYPES), show=type_words),
        Column("block", _l("Khối xếp hạng"), Unit.block, filter=True, choices=_choices(blocks, BLOCKS), show=_block),
        Column("population", _l("Dân số"), Unit.population, kind="number"),
        Column("n_rounds", _l("Số đợt"), n_rounds_of_unit(), kind="number"),
        Column("population_source", _l("Nguồn dân số"), Unit.population_source, sort=False),
        Column("source_note", _l("Nguồn, ghi chú"), Unit.source_note, sort=False),
    )


def _choices(found: set[str], words: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(code, words.get(code, code)) for code in sorted(found)]


def type_words(row: Any) -> Any:
    return TYPES.get(row["unit_type"], row["unit_type"])


def _block(row: Any) -> Any:
    return BLOCKS.get(row["block"], row["block"])


def _page(template_name: str, **values: Any) -> str:
    words = {"field_words": FIELDS, "type_words": TYPES, "block_words": BLOCKS, "city_name": city_name}
    return render_template(f"console/units/{template_name}", **words, **values)
