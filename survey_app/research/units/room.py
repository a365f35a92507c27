"""What the pages of units share: the blueprint, the words for blocks and types, uploads that wait to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy.orm import Session
from wtforms import SelectField
from wtforms.validators import InputRequired

from survey_app.access import Role
from survey_app.clock import today
from survey_app.console import acting, files, reading
from survey_app.queries.units import CityCount, cities_with_units
from survey_app.round_words import CITIES
from survey_app.services.files import FileGone, destroy_file, read_file, store_file

blueprint = Blueprint("units", __name__, url_prefix="/units")

READERS = (Role.RESEARCHER, Role.ADMINISTRATOR, Role.SUPERVISOR, Role.FIELD_SUPERVISOR, Role.APPRAISER)
WAITS_DAYS = 1  # an upload between preview and confirmation

TYPES: dict[str, Any] = {
    "so": _l("Sở"),
    "tuong_duong_so": _l("Cơ quan tương đương sở"),
    "phuong": _l("Phường"),
    "xa": _l("Xã"),
    "dac_khu": _l("Đặc khu"),
    "don_vi_su_nghiep": _l("Đơn vị sự nghiệp công lập"),
    "nganh_doc": _l("Cơ quan ngành dọc"),
}
BLOCKS: dict[str, Any] = {
    "so": _l("Sở và tương đương"),
    "xa_phuong": _l("Xã, phường"),
    "phuong": _l("Phường"),
    "xa_dac_khu": _l("Xã, đặc khu"),
    "don_vi_su_nghiep": _l("Đơn vị sự nghiệp công lập"),
    "nganh_doc": _l("Cơ quan ngành dọc"),
}


class ImportForm(FlaskForm):
    """A file with a list, and the city whose list it is."""

    city = SelectField(_l("Tỉnh, thành phố"), [InputRequired(_l("Xin chọn tỉnh, thành phố."))])
    file = FileField(_l("Tệp Excel hoặc CSV"), [FileRequired(_l("Xin chọn tệp."))])

    def __init__(self, cities: list[CityCount], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = list(CITIES) + [count.city for count in cities if count.city not in CITIES]
        self.city.choices = [(city, city_name(city)) for city in known]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload that was previewed and waits to be confirmed."""

    file_id: UUID
    name: str
    data: bytes


def city_name(city: str) -> str:
    """A city as it is called."""
    return str(CITIES.get(city, city))


def chosen_city(cities: list[CityCount]) -> str:
    """The city that the address asks for, else the first one that has units."""
    known = [count.city for count in cities]
    asked = request.args.get("city", "")
    if asked and asked not in known and asked not in CITIES:
        abort(404)
    return asked or (known[0] if known else next(iter(CITIES)))


def all_cities() -> list[CityCount]:
    """The cities that have units."""
    with reading() as session:
        return cities_with_units(session)


def keep_waiting(session: Session, kind: str, name: str, data: bytes) -> UUID:
    """Keep an upload until it is confirmed, for a day."""
    stored = store_file(
        session,
        files(),
        kind=kind,
        name=name,
        media_type="application/octet-stream",
        data=data,
        account_id=acting().account_id,
        today=today(),
        lifetime_days=WAITS_DAYS,
    )
    return stored.id


def waiting(session: Session, kind: str, file_id: UUID) -> Waiting:
    """The upload of this account that waits under this id, or a page that says there is none."""
    try:
        stored, data = read_file(session, files(), file_id, of=(kind, None))
    except FileGone:
        abort(404)
    if stored.made_by != acting().account_id:
        abort(404)
    return Waiting(file_id, stored.name, data)


def forget(session: Session, file_id: UUID) -> None:
    """Destroy an upload that was confirmed."""
    destroy_file(session, files(), file_id, today())
