"""A list of officials from Excel: looked at first, with the anonymity cells it makes, then invited as a whole."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from sampling.assignment import AssignmentError
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, files, flash_done, keys, reading, send_file_bytes, writing
from survey_app.models.rounds import Mode, RatingScope
from survey_app.queries.invitations import refs_of_round
from survey_app.research.invitations.groups import refused
from survey_app.research.invitations.guest_lists import GuestList, empty_list, read_guests
from survey_app.research.invitations.room import Place, blueprint, contact_key, page, place_of, unit_names
from survey_app.research.invitations.words import cell_words, list_fault_words
from survey_app.research.uploading import fault_lines, uploaded
from survey_app.round_words import small_cells_in_words, titles_of
from survey_app.security import RoundKeyMissing
from survey_app.services.files import FileGone, FileKeyMissing, destroy_file, read_file, store_file
from survey_app.services.invitations import InvitationRefused, clear_group, invite_list, try_list
from survey_app.services.roll import NobodyToInvite, RefTaken, RollClosed, RollFilled, WrongMode
from survey_app.uploads import UploadRefused

KIND = "people_list"
SHOWN_FAULTS = 50
NEEDS_UNIT = {RatingScope.OWN, RatingScope.ALL_BUT_OWN}
ROLL_REFUSALS = (AssignmentError, NobodyToInvite, RefTaken, RollClosed, RollFilled, WrongMode)
FILE_REFUSALS = (FileGone, FileKeyMissing, RoundKeyMissing)


@blueprint.get("/<group_code>/list")
@open_to(Role.RESEARCHER)
def import_(round_code: str, group_code: str) -> str | tuple[str, int]:
    """Where a list is uploaded; with a file, what inviting it would make."""
    file_id = request.args.get("file", type=UUID)
    try:
        with writing() as session:  # the list is tried on the roll, and taken off again
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            if file_id is None:
                return _page(place)
            listed = _listed(session, place, file_id)
            dealt = try_list(session, place.survey_round, place.group, listed.guests, seed=seed_of(file_id))
            names = unit_names(session, place.survey_round)
            return page(
                "preview.html",
                place.survey_round,
                group=place.group,
                listed=listed,
                shown=listed.guests[:20],
                dealt=dealt,
                cells=[(cell_words(cell.code, names), cell) for cell in dealt.cells],
                small=small_cells_in_words(dealt.small, titles_of(place.survey_round)),
                file_id=file_id,
            )
    except (*ROLL_REFUSALS, *FILE_REFUSALS) as error:
        return refused(round_code, group_code, error)


@blueprint.post("/<group_code>/list")
@open_to(Role.RESEARCHER)
def upload_list(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Read a list; keep it sealed for a day, to be looked at before anybody is invited."""
    with writing() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        try:
            data, name = uploaded()
            _read(session, place, data, name)
            key = contact_key(session, place.survey_round)
        except UploadRefused as refusal:
            return _page(place, faults=fault_lines(refusal, list_fault_words)), 422
        except RoundKeyMissing as error:
            return refused(round_code, group_code, error)
        stored = store_file(
            session,
            files(),
            kind=KIND,
            name=name[-100:],
            media_type="application/octet-stream",
            data=data,
            survey_round=place.survey_round,
            contact_key=key,
            account_id=acting().account_id,
            today=today(),
            lifetime_days=1,
        )
        audit(session, "list.uploaded", place.subject, file=str(stored.id))
        address = url_for("invitations.import_", round_code=round_code, group_code=group_code, file=stored.id)
    return redirect(address, 303)


@blueprint.post("/<group_code>/list/invite")
@open_to(Role.RESEARCHER)
def invite_listed(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Put everybody of the list that was looked at on the roll."""
    file_id = request.form.get("file", type=UUID)
    if file_id is None:
        abort(400)
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            listed = _listed(session, place, file_id)
            dealt = invite_list(
                session,
                place.survey_round,
                place.group,
                listed.guests,
                round_key=keys().read(round_code),
                contact_key=contact_key(session, place.survey_round),
                seed=seed_of(file_id),
            )
            destroy_file(session, files(), file_id, today())
            audit(session, "list.invited", place.subject, n=dealt.n_invited, sha256=place.group.list_sha256)
    except (*ROLL_REFUSALS, *FILE_REFUSALS) as error:
        return refused(round_code, group_code, error)
    flash_done(_("Đã đưa %(n)s người vào danh sách mời.", n=dealt.n_invited))
    return redirect(url_for("invitations.group", round_code=round_code, group_code=group_code), 303)


@blueprint.get("/<group_code>/list/template.xlsx")
@open_to(Role.RESEARCHER)
def list_template(round_code: str, group_code: str) -> Response:
    """A list to fill in."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        data = empty_list(list(unit_names(session, place.survey_round).items()))
    return send_file_bytes(data, f"danh-sach-moi-{group_code}.xlsx")


@blueprint.get("/<group_code>/clear")
@open_to(Role.RESEARCHER)
def clear(round_code: str, group_code: str) -> str:
    """Ask before a whole list is taken off the roll."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        return page("clear.html", place.survey_round, group=place.group)


@blueprint.post("/<group_code>/clear")
@open_to(Role.RESEARCHER)
def clear_now(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Take a list off the roll of a draft, so that another can be read in."""
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            n = clear_group(session, place.survey_round, place.group)
            audit(session, "list.cleared", place.subject, n=n)
    except InvitationRefused as error:
        return refused(round_code, group_code, error)
    flash_done(_("Đã bỏ danh sách mời (%(n)s người).", n=n))
    return redirect(url_for("invitations.import_", round_code=round_code, group_code=group_code), 303)


def seed_of(file_id: UUID) -> int:
    """The same file is dealt in the same way when it is looked at and when it is invited; noted with the group."""
    return file_id.int % 2**31


def _page(place: Place, faults: list[tuple[str, str]] | None = None) -> str:
    found = faults or []
    return page(
        "import.html",
        place.survey_round,
        group=place.group,
        needs_unit=place.group.rating_scope in NEEDS_UNIT,
        faults_found=found[:SHOWN_FAULTS],
        more=len(found[SHOWN_FAULTS:]),
    )


def _listed(session: Session, place: Place, file_id: UUID) -> GuestList:
    """The people of an uploaded list of this round."""
    key = contact_key(session, place.survey_round)
    stored, data = read_file(session, files(), file_id, key, of=(KIND, place.survey_round.id))
    return _read(session, place, data, stored.name)


def _read(session: Session, place: Place, data: bytes, name: str) -> GuestList:
    return read_guests(
        data,
        name,
        units=list(unit_names(session, place.survey_round).items()),
        unit_needed=place.group.rating_scope in NEEDS_UNIT,
        taken=refs_of_round(session, place.survey_round),
        prefix=place.group.code,
    )
