"""Letters, cards, posters and lists for a mail merge: ordered here, made in the background."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import audit, known_contact_key, public_address, reading, send_file_bytes, writing
from survey_app.documents.letters import PAPERS, DoesNotFit, posters_pdf
from survey_app.invitation_letters import addressees, parts_of, unit_of
from survey_app.invitation_letters import posters as posters_of
from survey_app.jobs import start_job
from survey_app.models.rounds import Mode
from survey_app.queries.rounds import open_links
from survey_app.research.invitations.gaps import gaps_of
from survey_app.research.invitations.groups import refused
from survey_app.research.invitations.room import (
    Place,
    blueprint,
    chosen_language,
    contact_key,
    fonts,
    page,
    place_of,
    voice,
)
from survey_app.research.invitations.words import PRODUCTS
from survey_app.security import RoundKeyMissing
from survey_app.services.letter_words import filled_line

SAMPLE_CODE = "A" * 26


@blueprint.get("/<group_code>/letters")
@open_to(Role.RESEARCHER)
def letters(round_code: str, group_code: str) -> str:
    """What can be made for a group: letters, cards, a list for a mail merge; for all or for one unit."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        return page(
            "letters.html",
            place.survey_round,
            group=place.group,
            **_choices(session, place),
            **gaps_of(session, place.survey_round),
        )


@blueprint.post("/<group_code>/letters")
@open_to(Role.RESEARCHER)
def print_letters(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Have letters or cards made."""
    product = request.form.get("product", "letters")
    if product not in ("letters", "cards"):
        abort(400)
    return _order(round_code, group_code, product, unit=request.form.get("unit", ""))


@blueprint.post("/<group_code>/merge")
@open_to(Role.RESEARCHER)
def merge(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Have a list for a mail merge made."""
    return _order(round_code, group_code, "merge")


@blueprint.get("/<group_code>/posters")
@open_to(Role.RESEARCHER)
def posters(round_code: str, group_code: str) -> str:
    """The open links of a group, a poster for each."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.OPEN_LINK)
        links = [link for link in open_links(session, place.survey_round.id) if link.group_code == group_code]
        return page(
            "posters.html",
            place.survey_round,
            group=place.group,
            links=links,
            base_url=public_address(),
            papers=PAPERS,
            **gaps_of(session, place.survey_round),
        )


@blueprint.post("/<group_code>/posters")
@open_to(Role.RESEARCHER)
def print_posters(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """One unit's poster at once, or all of them in the background."""
    paper = request.form.get("paper", "a4")
    if paper not in PAPERS:
        abort(400)
    unit = request.form.get("unit", "")
    if not unit:
        return _order(round_code, group_code, "posters", mode=Mode.OPEN_LINK, paper=paper)
    try:
        return _poster(round_code, group_code, unit, paper)
    except DoesNotFit as error:
        return refused(round_code, group_code, error)


def _poster(round_code: str, group_code: str, unit: str, paper: str) -> Response:
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.OPEN_LINK)
        vi, en = voice(session, place, "vi"), voice(session, place, "en")
        found = posters_of(session, place.group, vi, en, unit=unit)
    if not found:
        abort(404)
    pdf = posters_pdf(vi.head, found, language="vi", site=vi.site, paper=paper, fonts=fonts())
    return send_file_bytes(pdf, f"ap-phich-{unit}.pdf")


def _order(
    round_code: str, group_code: str, product: str, mode: Mode = Mode.PERSONAL_LINK, **params: str
) -> AnyResponse | tuple[str, int]:
    """Start the job; it has the words, the key and the names from where they lie, never from here."""
    asked = {
        "group": group_code,
        "product": product,
        "language": chosen_language(),
        "base_url": public_address(),
        **params,
    }
    try:
        with writing() as session:
            place = place_of(session, round_code, group_code, mode)
            contact_key(session, place.survey_round)
            job_id = start_job(session, "letters", place.survey_round.id, asked)
            audit(session, "letters.ordered", place.subject, product=product, language=asked["language"])
    except RoundKeyMissing as error:
        return refused(round_code, group_code, error)
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _choices(session: Session, place: Place) -> dict[str, Any]:
    """How many letters there would be, by unit, and how long a message is."""
    said = voice(session, place, "vi")
    found = addressees(session, known_contact_key(place.survey_round.code), place.group, said)
    per_unit: dict[str, int] = {}
    for one in found:
        per_unit[unit_of(one, said)] = per_unit.get(unit_of(one, said), 0) + 1
    sample = {**said.values, "link": f"{said.base_url}/p/{SAMPLE_CODE}", "code": SAMPLE_CODE, "name": "Nguyễn Thị An"}
    message = filled_line(said.words["message"], sample)
    return {
        "n": len(found),
        "n_phone": sum(bool(one.contact.get("phone")) for one in found),
        "units": [(code, said.unit_names.get(code, code), n) for code, n in per_unit.items() if code],
        "message": message,
        "n_parts": parts_of(message),
        "products": {name: PRODUCTS[name] for name in ("letters", "cards")},
    }
