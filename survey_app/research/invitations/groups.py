"""The round's groups and how far their invitations have come; the people of one group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, known_contact_key, reading, round_of, writing
from survey_app.listing import Column, Listing, listing_of, listing_xlsx
from survey_app.models.people import Contact
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Mode, Status, SurveyRound
from survey_app.queries.invitations import GroupCount, group_counts, invitees_of, made_files, sealed_contacts
from survey_app.research.invitations.room import (
    Place,
    blueprint,
    page,
    place_of,
    unit_names,
)
from survey_app.research.invitations.words import cell_words, refusal_words
from survey_app.round_words import small_cells_in_words, titles_of
from survey_app.services.contacts import open_contact
from survey_app.services.drawn_roll import NothingInReserve, release_wave
from survey_app.services.invitations import cells_of
from survey_app.services.letter_words import LETTERHEAD, words_of
from survey_app.services.opening import small_cells
from survey_app.services.roll import RollClosed

MOST_FOUND = 500  # people that a search by name shows


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next for a group: words, and where."""

    words: str
    endpoint: str = ""


@blueprint.get("/")
@open_to(Role.RESEARCHER)
def index(round_code: str) -> str:
    """How far the invitations of each group have come, and what is to do next."""
    with reading() as session:
        survey_round = round_of(session, round_code)
        counted = group_counts(session, survey_round)
        files = made_files(session, survey_round)
        return page(
            "index.html",
            survey_round,
            groups=[(count, _next_step(count, survey_round)) for count in counted],
            files=files,
            small=small_cells_in_words(small_cells(session, survey_round), titles_of(survey_round)),
            hotline=words_of(session, survey_round, LETTERHEAD).get("hotline", ""),
        )


@blueprint.route("/<group_code>", methods=["GET", "POST"])  # a search by POST: no name stands in an address
@open_to(Role.RESEARCHER)
def group(round_code: str, group_code: str) -> str | Response:
    """The people of a group, opened a page at a time; nothing about whether they answered."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        listing = _people(session, place)
        count = next(one for one in group_counts(session, place.survey_round) if one.code == group_code)
        names = unit_names(session, place.survey_round)
        shown = page(
            "group.html",
            place.survey_round,
            group=place.group,
            count=count,
            listing=listing,
            cells=[(cell_words(cell.code, names), cell) for cell in cells_of(session, place.group)],
            small=_small(session, place),
            step=_next_step(count, place.survey_round),
            asked=request.form.get("q", ""),
        )
    if request.args.get("format") == "xlsx":
        with writing() as session:
            audit(session, "invitees.exported", place.subject, n=len(listing.rows))
        return listing_xlsx(listing, f"{group_code}.xlsx")
    return shown


@blueprint.post("/<group_code>/release")
@open_to(Role.RESEARCHER)
def release(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Invite the next wave of replacements beside those invited so far."""
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            n = release_wave(session, place.survey_round, place.group)
            audit(session, "wave.released", place.subject, wave=place.group.released_wave, n=n)
    except (NothingInReserve, RollClosed) as error:
        return refused(round_code, group_code, error)
    flash_done(_("Đã đưa %(n)s người dự phòng vào danh sách mời. Bước tiếp theo: in thư cho họ.", n=n))
    return redirect(url_for("invitations.group", round_code=round_code, group_code=group_code), 303)


def refused(round_code: str, group_code: str, error: Exception) -> tuple[str, int]:
    """A page that says why nothing was done, and leads back to the group."""
    with reading() as session:
        place = place_of(session, round_code, group_code)
        why = refusal_words(error, unit_names(session, place.survey_round))
        return page("refused.html", place.survey_round, group=place.group, why=why), 409


def _next_step(count: GroupCount, survey_round: SurveyRound) -> Step:
    """What is to do for a group, the first thing first."""
    if survey_round.status == Status.CLOSED:
        return Step(_("Đợt đã kết thúc."))
    if count.mode == Mode.OPEN_LINK:
        return Step(_("In áp phích và treo tại đơn vị."), "invitations.posters")
    if not count.n_invited:
        return Step(_("Nhập danh sách mời từ Excel, hoặc rút mẫu từ khung mẫu."), "invitations.import_")
    if survey_round.status == Status.DRAFT:
        return Step(_("In thư để sẵn; gửi đi khi đợt đã mở."), "invitations.letters")
    return Step(_("In và phát thư mời."), "invitations.letters")


def _small(session: Session, place: Place) -> list[str]:
    found = small_cells(session, place.survey_round)
    mine = [cell for cell in found if cell.group_code == place.group.code]
    return small_cells_in_words(mine, titles_of(place.survey_round))


def _people(session: Session, place: Place) -> Listing:
    """One page of the group's people with their names."""
    key = known_contact_key(place.survey_round.code)
    names = unit_names(session, place.survey_round)
    statement = invitees_of(place.group)
    if asked := request.form.get("q", "").strip():
        statement = statement.where(Invitee.id.in_(_found(session, place, asked, key)))
    cells = [(cell.code, cell_words(cell.code, names)) for cell in cells_of(session, place.group)]
    raw = (
        Column("ref", "", Invitee.ref, filter=True),
        Column("cell", "", DesignCell.code, filter=True, choices=cells),
        Column("wave", "", Invitee.wave, kind="number"),
        Column("revoked_on", "", Invitee.revoked_on, kind="day"),
        Column("id", "", Invitee.id, sort=False),
        Column("sealed", "", Contact.sealed, sort=False),
    )
    listing = listing_of(session, statement, raw, request.args, default_sort="ref")
    rows = [_opened(row, key, names, place) for row in listing.rows]
    return replace(listing, columns=_columns(place, cells), rows=rows)


def _columns(place: Place, cells: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    def address(row: Mapping[str, Any]) -> str:
        place_words = {"round_code": place.survey_round.code, "group_code": place.group.code}
        return url_for("invitations.person", **place_words, invitee_id=row["id"])

    return (
        Column("ref", _l("Mã người"), filter=True, href=address),
        Column("name", _l("Họ và tên"), sort=False),
        Column("workplace", _l("Chức vụ, cơ quan"), sort=False),
        Column("cell", _l("Ô ẩn danh"), filter=True, choices=cells, show=lambda row: row["cell_words"]),
        Column("reached", _l("Liên hệ được qua"), sort=False),
        Column("wave", _l("Lượt"), show=lambda row: row["wave_words"]),
        Column("revoked_on", _l("Thu hồi ngày"), kind="day"),
    )


def _opened(row: Mapping[str, Any], key: bytes | None, names: Mapping[str, str], place: Place) -> dict[str, Any]:
    contact = open_contact(key, row["sealed"]) if key and row["sealed"] else {}
    ways = [words for field, words in (("phone", _("điện thoại")), ("email", _("thư điện tử"))) if contact.get(field)]
    in_reserve = row["wave"] > place.group.released_wave
    return {
        "id": row["id"],
        "ref": row["ref"],
        "name": contact.get("name", ""),
        "workplace": ", ".join(filter(None, (contact.get("position"), contact.get("organisation")))),
        "cell": row["cell"],
        "cell_words": cell_words(row["cell"], names),
        "reached": ", ".join(ways),
        "wave": row["wave"],
        "wave_words": _("dự phòng %(n)s", n=row["wave"]) if in_reserve else _("đã mời"),
        "revoked_on": row["revoked_on"],
    }


def _found(session: Session, place: Place, asked: str, key: bytes | None) -> list[UUID]:
    """Who has these letters in the name, the telephone number or the e-mail address; searched in memory only."""
    wanted = asked.casefold()
    ids = []
    for invitee_id, sealed in sealed_contacts(session, place.group) if key else ():
        contact = open_contact(key or b"", sealed)
        if any(wanted in contact.get(field, "").casefold() for field in ("name", "phone", "email")):
            ids.append(invitee_id)
    return ids[:MOST_FOUND]
