"""What the pages of past years share: the blueprint, what is said of a round, uploads that wait to be confirmed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, current_app, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy.orm import Session
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from survey_app.access import Role
from survey_app.clock import today
from survey_app.console import acting
from survey_app.definitions import read_round_plan, shipped_rounds, shipped_units
from survey_app.earlier.words import criterion_name
from survey_app.i18n import words
from survey_app.queries.earlier import known_programmes, programme_key
from survey_app.queries.units import cities_with_units
from survey_app.round_words import CITIES
from survey_app.services.earlier import EarlierFacts
from survey_app.services.files import FileGone, destroy_file, read_file, store_file

blueprint = Blueprint("earlier", __name__, url_prefix="/earlier")

READERS = (Role.RESEARCHER, Role.ADMINISTRATOR, Role.SUPERVISOR, Role.APPRAISER)
WRITERS = (Role.RESEARCHER, Role.ADMINISTRATOR)
KINDS = {"results": "earlier_results", "ballots": "earlier_ballots_upload"}
SCALES: dict[str, Any] = {
    "100": _l("từ 0 đến 100 (điểm hoặc phần trăm)"),
    "10": _l("từ 0 đến 10"),
    "5": _l("từ 0 đến 5"),
    "1": _l("từ 0 đến 1"),
    "": _l("thang khác hoặc không rõ"),
}
OTHER = "other"
YEAR_IN_TITLE = re.compile(r",?\s+(?:(?:năm|in|for|of)\s+)?20\d\d\b")
NEEDED, LONG = _l("Xin điền mục này."), _l("Nội dung quá dài.")


def _plain(text: str | None) -> str:
    return " ".join((text or "").replace("\0", "").split())


class FactsForm(FlaskForm):
    """Which round of which year a table is of, and where it comes from."""

    city = SelectField(_l("Tỉnh, thành phố"), [InputRequired(NEEDED)])
    programme = SelectField(_l("Chương trình"), [InputRequired(NEEDED)])
    other = StringField(
        _l("Tên chương trình khác"),
        [Length(max=80, message=LONG)],
        filters=[_plain],
        description=_l("Chỉ điền khi chọn “chương trình khác” ở trên, ví dụ: SIPAS."),
    )
    year = IntegerField(_l("Năm"), [InputRequired(NEEDED), NumberRange(1990, 2100, _l("Năm từ 1990 đến 2100."))])
    title = StringField(
        _l("Tên gọi"), [InputRequired(NEEDED), Length(max=200, message=LONG)], filters=[_plain],
        description=_l("Ví dụ: Chỉ số hài lòng năm 2024."),
    )  # fmt: skip
    source_note = StringField(
        _l("Nguồn số liệu"), [InputRequired(NEEDED), Length(max=500, message=LONG)], filters=[_plain],
        description=_l("Báo cáo, quyết định công bố, trang mấy; ai giao tệp."),
    )  # fmt: skip
    method_note = StringField(
        _l("Cách tính khi đó"), [Length(max=500, message=LONG)], filters=[_plain],
        description=_l("Càng rõ càng tốt: các năm có cách tính khác nhau thì xu hướng được cảnh báo."),
    )  # fmt: skip
    scale = SelectField(_l("Thang điểm của số liệu"), choices=[SelectChoice(key, name) for key, name in SCALES.items()])

    def facts(self) -> EarlierFacts:
        """What was said, checked."""
        chosen = self.other.data if self.programme.data == OTHER else self.programme.data
        texts = {name: self[name].data for name in ("title", "source_note", "method_note")}
        scale = float(self.scale.data) if self.scale.data else None
        return EarlierFacts(city=self.city.data, programme=chosen, year=self.year.data, scale_max=scale, **texts)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if self.programme.data == OTHER and not self.other.data:
            self.other.errors = [NEEDED]
            return False
        return fine


class NewForm(FactsForm):
    """A table of a past year, and what it holds."""

    holds = RadioField(
        _l("Tệp chứa"),
        [InputRequired(NEEDED)],
        choices=[
            SelectChoice("results", _l("số liệu đã công bố: mỗi dòng một đơn vị")),
            SelectChoice("ballots", _l("phiếu: mỗi dòng một người trả lời")),
        ],
        default="results",
    )
    file = FileField(
        _l("Tệp"),
        [FileRequired(_l("Xin chọn tệp."))],
        description=_l("Excel (.xlsx), CSV, SPSS (.sav) hoặc Stata (.dta); tối đa 60 MB."),
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload that waits until somebody has said what its columns mean."""

    file_id: UUID
    name: str
    data: bytes


def offered(session: Session, form: FactsForm) -> FactsForm:
    """The form with the cities and programmes there are."""
    cities = {*shipped_units(), *(count.city for count in cities_with_units(session)), *CITIES}
    form.city.choices = [SelectChoice(city, city_name(city)) for city in sorted(cities)]
    known = sorted({*shipped_rounds(), *known_programmes(session)})
    last = SelectChoice(OTHER, _l("chương trình khác"))
    form.programme.choices = [*(SelectChoice(name, programme_name(name)) for name in known), last]
    return form


def facts_of_address(session: Session) -> EarlierFacts:
    """What the address says of the round; a page that says there is none if that is not in order."""
    form = offered(session, FactsForm(request.args, meta={"csrf": False}))
    if not form.validate():
        abort(404)
    return form.facts()


def address_of(facts: EarlierFacts) -> dict[str, Any]:
    """The facts as parts of an address, for :func:`facts_of_address`."""
    kept = {name: getattr(facts, name) for name in ("city", "year", "title", "source_note", "method_note")}
    scale = "" if facts.scale_max is None else f"{facts.scale_max:g}"
    return {**kept, "programme": OTHER, "other": facts.programme, "scale": scale}


def city_name(city: str) -> str:
    """A city as it is called."""
    return str(CITIES.get(city, city))


def programme_name(programme: str) -> str:
    """A programme by the title of its template without the year, where it has one."""
    title = _titles().get(programme_key(programme))
    return YEAR_IN_TITLE.sub("", words(title)) if title else programme


@cache
def _titles() -> dict[str, dict[str, str]]:
    return {programme_key(code): read_round_plan(path).title for code, path in shipped_rounds().items()}


def keep_waiting(session: Session, holds: str, name: str, data: bytes) -> UUID:
    """Keep an upload for a day."""
    return store_file(
        session,
        current_app.extensions["files"],
        kind=KINDS[holds],
        name=name,
        media_type="application/octet-stream",
        data=data,
        account_id=acting().account_id,
        today=today(),
        lifetime_days=1,
    ).id


def waiting(session: Session, holds: str, file_id: UUID) -> Waiting:
    """The upload of this account that waits under this id, or a page that says there is none."""
    try:
        stored, data = read_file(session, current_app.extensions["files"], file_id, of=(KINDS[holds], None))
    except FileGone:
        abort(404)
    if stored.kind != KINDS[holds] or stored.made_by != acting().account_id:
        abort(404)
    return Waiting(file_id, stored.name, data)


def forget(session: Session, file_id: UUID) -> None:
    """Destroy an upload that was taken over."""
    destroy_file(session, current_app.extensions["files"], file_id, today())


def page(template: str, **values: Any) -> str:
    """A page of past years."""
    named = {"city_name": city_name, "programme_name": programme_name, "criterion_name": criterion_name}
    return render_template(f"console/earlier/{template}", **named, **values)


def subject_of(facts: EarlierFacts) -> str:
    """A round as the audit log names it."""
    return f"{facts.city} {facts.programme} {facts.year}"
