"""Past years that are there: listed, looked through, removed."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import open_to
from survey_app.clock import today
from survey_app.console import audit, flash_done, reading, writing
from survey_app.earlier.words import criterion_name
from survey_app.listing import Column, Listing, listing_of, listing_xlsx
from survey_app.models.history import EarlierResult, EarlierRound
from survey_app.queries.earlier import (
    EarlierShown,
    UnknownEarlierRound,
    earlier_shown,
    n_units_of_earlier,
    programmes_by_city,
    select_earlier,
    select_results,
)
from survey_app.research.earlier.room import READERS, WRITERS, blueprint, city_name, page, programme_name, subject_of
from survey_app.services.earlier import remove_earlier

RESULT_COLUMNS = (
    Column("unit_code", _l("Mã khi đó"), EarlierResult.unit_code, filter=True),
    Column("unit_name", _l("Tên khi đó"), EarlierResult.unit_name, filter=True),
    Column(
        "criterion",
        _l("Tiêu chí"),
        EarlierResult.criterion,
        filter=True,
        show=lambda row: criterion_name(row["criterion"]),
    ),
    Column("value", _l("Giá trị"), EarlierResult.value, kind="decimal"),
    Column("se", _l("Sai số chuẩn"), EarlierResult.se, kind="decimal"),
    Column("n", _l("Số phiếu"), EarlierResult.n, kind="number"),
)


def _columns() -> tuple[Column, ...]:
    def address(row: Any) -> str:
        return url_for("earlier.show", earlier_id=row["id"])

    return (
        Column("title", _l("Tên gọi"), EarlierRound.title, filter=True, href=address),
        Column("year", _l("Năm"), EarlierRound.year, filter=True),
        Column("city", _l("Tỉnh, thành phố"), EarlierRound.city, show=lambda row: city_name(row["city"])),
        Column(
            "programme",
            _l("Chương trình"),
            EarlierRound.programme,
            filter=True,
            show=lambda row: programme_name(row["programme"]),
        ),
        Column("units", _l("Số đơn vị"), n_units_of_earlier(), kind="number"),
        Column("imported_on", _l("Ngày nhập"), EarlierRound.imported_on, kind="day"),
        Column("id", _l("Số"), EarlierRound.id, kind="number"),
    )


@blueprint.get("/")
@open_to(*READERS)
def index() -> str | Response:
    """The past years that were imported, and the programmes whose trends can be drawn."""
    with reading() as session:
        listing = listing_of(session, select_earlier(), _columns(), request.args, default_sort="-year")
        programmes = programmes_by_city(session)
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "cac-nam-truoc.xlsx")
    return page("index.html", listing=listing, programmes=programmes)


@blueprint.get("/<int(max=2147483647):earlier_id>")
@open_to(*READERS)
def show(earlier_id: int) -> str | Response:
    """What was imported of a year."""
    with reading() as session:
        earlier = _found(session, earlier_id)
        listing: Listing = listing_of(
            session, select_results(earlier_id), RESULT_COLUMNS, request.args, default_sort="unit_code"
        )
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"so-lieu-{earlier.year}.xlsx")
    return page("show.html", earlier=earlier, listing=listing)


@blueprint.route("/<int(max=2147483647):earlier_id>/remove", methods=["GET", "POST"])
@open_to(*WRITERS)
def remove(earlier_id: int) -> str | AnyResponse:
    """Ask, then forget, a past year with its numbers and ballots."""
    with reading() as session:
        earlier = _found(session, earlier_id)
    if request.method == "GET":
        return page("remove.html", earlier=earlier)
    with writing() as session:
        facts = remove_earlier(session, current_app.extensions["files"], earlier_id, today())
        lost = {"results": earlier.n_results, "ballots": earlier.ballots_file_id is not None}
        audit(session, "earlier.removed", subject_of(facts), **lost)
    flash_done(_("Đã xóa số liệu năm %(year)s “%(title)s”.", year=facts.year, title=facts.title))
    return redirect(url_for("earlier.index"), 303)


def _found(session: Session, earlier_id: int) -> EarlierShown:
    try:
        return earlier_shown(session, earlier_id)
    except UnknownEarlierRound:
        abort(404)
