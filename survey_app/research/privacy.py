"""What is held of people, until when; destroying it; and what anybody may read about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, contact_keys, files, flash_done, reading, round_of, writing
from survey_app.listing import Column, listing_of_rows, listing_xlsx
from survey_app.queries.personal_data import Held, held_by_rounds
from survey_app.research.scope import covered_rounds
from survey_app.retention import retention_of
from survey_app.services.data_requests import DAYS, REPLY_WORKING_DAYS
from survey_app.services.purging import PurgeRefused, due_day, obstacles, purge_round

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")

OBSTACLES = {
    "still_open": _l("Đợt chưa kết thúc: còn cần tên và địa chỉ để gửi thư, nhắc."),
    "payments_open": _l("Còn danh sách chi trả chưa khóa: xuất và khóa danh sách trước, vì sau khi xóa không còn tên."),
    "requests_open": _l("Còn yêu cầu về dữ liệu cá nhân chưa giải quyết: trả lời trước khi xóa."),
}
COLUMNS = (
    Column("code", _l("Đợt điều tra"), filter=True, href=lambda row: row["address"]),
    Column("n_contacts", _l("Người có tên, địa chỉ"), kind="number"),
    Column("n_letters", _l("Thư điện tử đã lập"), kind="number"),
    Column("n_payments", _l("Dòng chi trả có tên"), kind="number"),
    Column("n_files", _l("Tệp"), kind="number"),
    Column("n_open_requests", _l("Yêu cầu chưa giải quyết"), kind="number"),
    Column("until", _l("Giữ đến"), kind="day"),
    Column("state", _l("Tình trạng")),
)


@blueprint.get("/")
@open_to(Role.RESEARCHER, Role.ADMINISTRATOR)
def index() -> str | Response:
    """What each round holds of people, on which ground, until when."""
    covered = covered_rounds()
    with reading() as session:
        rounds = [held for held in held_by_rounds(session) if _is_seen(held, covered)]
    rows = [_row(held, covered) for held in rounds]
    listing = listing_of_rows(rows, COLUMNS, request.args, default_sort="until")
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, "personal-data.xlsx")
    retention = retention_of(rounds[0].city if rounds else "")
    return render_template("console/privacy/index.html", listing=listing, retention=retention)


def _is_seen(held: Held, covered: set[str] | None) -> bool:
    return covered is None or held.code in covered or Role.ADMINISTRATOR in acting().roles


def _row(held: Held, covered: set[str] | None) -> dict[str, Any]:
    counts = ("code", "n_contacts", "n_letters", "n_payments", "n_files", "n_open_requests")
    theirs = covered is None or held.code in covered
    return {name: getattr(held, name) for name in counts} | {
        "until": due_day(held, retention_of(held.city).days),
        "state": _state(held),
        "address": url_for("privacy.ask_purge", round_code=held.code) if theirs else None,
    }


def _state(held: Held) -> str:
    if held.purged_on:
        return _("đã xóa ngày %(day)s", day=held.purged_on.strftime("%d/%m/%Y"))
    if held.holds_nothing:
        return _("không giữ gì")
    found = obstacles(held, today())
    if "still_open" in found:
        return _("đang điều tra")
    due = due_day(held, retention_of(held.city).days)
    if due and due <= today():
        return _("đã đến hạn xóa, đang vướng") if found else _("đã đến hạn xóa, sẽ xóa đêm nay")
    return _("chờ đến hạn")


@blueprint.get("/<round_code>/purge")
@open_to(Role.RESEARCHER)
def ask_purge(round_code: str) -> str | tuple[str, int]:
    """What would be lost."""
    return _purge_page(round_code)


@blueprint.post("/<round_code>/purge")
@open_to(Role.RESEARCHER)
def purge(round_code: str) -> AnyResponse | tuple[str, int]:
    """Destroy what is known of the round's people, now."""
    try:
        with writing() as session:
            survey_round = round_of(session, round_code)
            purged = purge_round(session, files(), contact_keys(), survey_round, today())
            audit(session, "round.purged", round_code, contacts=purged.contacts, files=purged.files)
    except PurgeRefused:
        return _purge_page(round_code), 422
    flash_done(_("Đã xóa dữ liệu cá nhân của đợt %(code)s: %(n)s người.", code=round_code, n=purged.contacts))
    return redirect(url_for("privacy.index"), 303)


def _purge_page(round_code: str) -> str:
    with reading() as session:
        survey_round = round_of(session, round_code)
        (held,) = held_by_rounds(session, survey_round.code)
    retention = retention_of(held.city)
    return render_template(
        "console/privacy/purge.html",
        held=held,
        due_on=due_day(held, retention.days),
        retention=retention,
        obstacles=[OBSTACLES[code] for code in obstacles(held, today())],
    )


@blueprint.get("/about")
@open_to(Role.ANYONE)
def about() -> str:
    """For anybody: what is kept, how long, on what ground, and how to ask."""
    return render_template(
        "console/privacy/about.html", retention=retention_of(""), days=DAYS, reply_days=REPLY_WORKING_DAYS
    )
