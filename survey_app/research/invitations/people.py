"""One person's invitation: withdraw it, restore it, print the same letter again."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import audit, flash_done, keys, known_contact_key, reading, send_file_bytes, writing
from survey_app.documents.letters import DoesNotFit, letters_pdf
from survey_app.invitation_letters import addressees, letters
from survey_app.models.rounds import Mode
from survey_app.queries.invitations import invitation
from survey_app.research.invitations.groups import refused
from survey_app.research.invitations.room import (
    blueprint,
    chosen_language,
    contact_key,
    fonts,
    page,
    place_of,
    voice,
)
from survey_app.security import RoundKeyMissing
from survey_app.services import invitations as services
from survey_app.services.contacts import contact_of
from survey_app.services.invitations import InvitationRefused

PERSON = "/<group_code>/people/<uuid:invitee_id>"


@blueprint.get(PERSON)
@open_to(Role.RESEARCHER)
def person(round_code: str, group_code: str, invitee_id: UUID) -> str:
    """One invitation, and what can be done about it."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        found = invitation(session, place.group, invitee_id)
        if found is None:
            abort(404)
        key = known_contact_key(place.survey_round.code)
        contact = contact_of(session, key, invitee_id) if key else {}
        return page("person.html", place.survey_round, group=place.group, person=found, contact=contact)


@blueprint.get(f"{PERSON}/revoke")
@open_to(Role.RESEARCHER)
def revoke(round_code: str, group_code: str, invitee_id: UUID) -> str:
    """Ask before a link is withdrawn."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        found = invitation(session, place.group, invitee_id)
        if found is None:
            abort(404)
        return page("revoke.html", place.survey_round, group=place.group, person=found)


@blueprint.post(f"{PERSON}/revoke")
@open_to(Role.RESEARCHER)
def revoke_now(round_code: str, group_code: str, invitee_id: UUID) -> AnyResponse | tuple[str, int]:
    """Withdraw a link: it opens nothing any more."""
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            ref = services.revoke(session, place.survey_round, invitee_id, today())
            audit(session, "invitation.revoked", place.subject, ref=ref)
    except InvitationRefused as error:
        return refused(round_code, group_code, error)
    flash_done(_("Đã thu hồi thư mời %(ref)s: đường liên kết không mở được nữa.", ref=ref))
    return redirect(_address(round_code, group_code, invitee_id), 303)


@blueprint.post(f"{PERSON}/restore")
@open_to(Role.RESEARCHER)
def restore(round_code: str, group_code: str, invitee_id: UUID) -> AnyResponse | tuple[str, int]:
    """Let a withdrawn link open again."""
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            ref = services.restore(session, place.survey_round, invitee_id)
            audit(session, "invitation.restored", place.subject, ref=ref)
    except InvitationRefused as error:
        return refused(round_code, group_code, error)
    flash_done(_("Thư mời %(ref)s có hiệu lực trở lại, với mã cũ.", ref=ref))
    return redirect(_address(round_code, group_code, invitee_id), 303)


@blueprint.post(f"{PERSON}/reissue")
@open_to(Role.RESEARCHER)
def reissue(round_code: str, group_code: str, invitee_id: UUID) -> Response | tuple[str, int]:
    """The person's letter once more, with the code that it had."""
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
            said = voice(session, place, chosen_language())
            key = contact_key(session, place.survey_round)
            listed = addressees(session, key, place.group, said)
            found = [one for one in listed if one.invitee_id == invitee_id]
            made = list(letters(found, said, keys().read(round_code)))
            if not made:
                raise InvitationRefused("unknown_invitee")
            pdf = letters_pdf(said.head, made, language=said.language, site=said.site, fonts=fonts())
            audit(session, "invitation.reissued", place.subject, ref=made[0].ref)
    except (InvitationRefused, RoundKeyMissing, DoesNotFit) as error:
        return refused(round_code, group_code, error)
    return send_file_bytes(pdf, f"thu-moi-{made[0].ref}.pdf")


def _address(round_code: str, group_code: str, invitee_id: UUID) -> str:
    return url_for("invitations.person", round_code=round_code, group_code=group_code, invitee_id=invitee_id)
