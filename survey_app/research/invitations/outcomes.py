"""What became of invitations of a group that does not answer anonymously: noted one by one or from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import acting, audit, flash_done, reading, send_file_bytes, writing
from survey_app.i18n import words
from survey_app.listing import Column, Listing, listing_of, listing_xlsx
from survey_app.models.accounts import Account
from survey_app.models.people import Outcome
from survey_app.models.roll import Invitee
from survey_app.models.rounds import Mode, Stage
from survey_app.queries.outcomes import asked_people, codes_by_ref, noted_outcomes
from survey_app.research.invitations.groups import refused
from survey_app.research.invitations.outcome_lists import outcome_list, read_outcomes
from survey_app.research.invitations.room import Place, blueprint, page, place_of
from survey_app.research.invitations.words import list_fault_words, refusal_words
from survey_app.research.uploading import fault_lines, uploaded
from survey_app.services.outcomes import Noted, OutcomeRefused, note_outcomes, outcome_codes
from survey_app.uploads import UploadRefused

NOTERS = (Role.RESEARCHER, Role.FIELD_SUPERVISOR)
SHOWN_FAULTS = 50


class OutcomeForm(FlaskForm):
    """One person's outcome."""

    ref = StringField(_l("Mã người"), [InputRequired(_l("Hãy ghi mã người, như in trên thư."))])
    code = SelectField(_l("Kết quả"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code.choices = [("", _("không ghi gì (bỏ kết quả đã ghi)")), *code_words().items()]


def code_words() -> dict[str, str]:
    """Each code with its meaning in the reader's language."""
    return {code: f"{code} {words(said)}" for code, said in outcome_codes().items()}


@blueprint.get("/<group_code>/outcomes")
@open_to(*NOTERS)
def outcomes(round_code: str, group_code: str) -> str | AnyResponse | tuple[str, int]:
    """What is noted, and where more is noted."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        if place.group.anonymous:
            return refused(round_code, group_code, OutcomeRefused("anonymous_group"))
        if request.args.get("format") == "xlsx":
            return listing_xlsx(_noted(session, place), f"ket-qua-{group_code}.xlsx")
        asked = request.args.get("ref", "")
        now = dict(codes_by_ref(session, place.group)).get(asked)
        return _page(session, place, OutcomeForm(formdata=None, ref=asked, code=now or ""))


@blueprint.post("/<group_code>/outcomes")
@open_to(*NOTERS)
def note_outcome(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Note one person's outcome, or take it back."""
    form = OutcomeForm()
    with writing() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        if not form.validate():
            return _page(session, place, form), 422
        ref = form.ref.data.strip()
        try:
            done = _note(session, place, {ref: form.code.data})
        except OutcomeRefused as refusal:
            form.ref.errors = [refusal_words(refusal)]
            return _page(session, place, form), 422
        audit(session, "outcome.noted", place.subject, ref=ref, code=form.code.data or None)
    return _told(round_code, group_code, done)


@blueprint.post("/<group_code>/outcomes/list")
@open_to(*NOTERS)
def note_list(round_code: str, group_code: str) -> AnyResponse | tuple[str, int]:
    """Note the outcomes of a list, all or none; an empty cell takes one back."""
    with writing() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        try:
            data, name = uploaded()
            refs = asked_people(session, place.group)
            done = _note(session, place, read_outcomes(data, name, refs=refs, known=outcome_codes()))
        except UploadRefused as refusal:
            found = fault_lines(refusal, list_fault_words)
            return _page(session, place, OutcomeForm(formdata=None), found), 422
        except OutcomeRefused as refusal:
            return refused(round_code, group_code, refusal)
        audit(session, "outcome.imported", place.subject, n=done.n_noted, taken_back=done.n_taken_back)
    return _told(round_code, group_code, done)


@blueprint.get("/<group_code>/outcomes/list.xlsx")
@open_to(*NOTERS)
def outcome_workbook(round_code: str, group_code: str) -> Response:
    """Everybody who is invited with what is noted, to be filled in; kept, it brings back what was noted today."""
    with reading() as session:
        place = place_of(session, round_code, group_code, Mode.PERSONAL_LINK)
        people = codes_by_ref(session, place.group)
    known = {code: words(said) for code, said in outcome_codes().items()}
    return send_file_bytes(outcome_list(people, known), f"ket-qua-{group_code}.xlsx")


def _note(session: Session, place: Place, codes: Mapping[str, str]) -> Noted:
    who = acting().account_id
    return note_outcomes(session, place.survey_round, place.group, codes, account_id=who, today=today())


def _told(round_code: str, group_code: str, done: Noted) -> AnyResponse:
    flash_done(_("Đã ghi kết quả của %(n)s người, bỏ %(gone)s kết quả.", n=done.n_noted, gone=done.n_taken_back))
    return redirect(url_for("invitations.outcomes", round_code=round_code, group_code=group_code), 303)


def _page(session: Session, place: Place, form: OutcomeForm, faults: Sequence[tuple[str, str]] = ()) -> str:
    return page(
        "outcomes.html",
        place.survey_round,
        group=place.group,
        form=form,
        listing=None if faults else _noted(session, place),
        may_note=place.survey_round.stage not in {Stage.DRAFT, Stage.PUBLISHED},
        faults_found=faults[:SHOWN_FAULTS],
        more=len(faults[SHOWN_FAULTS:]),
    )


def _noted(session: Session, place: Place) -> Listing:
    """The table of what is noted; a number leads to where it is changed."""
    known = code_words()
    address = {"round_code": place.survey_round.code, "group_code": place.group.code}

    def changed_at(row: Mapping[str, Any]) -> str:
        return url_for("invitations.outcomes", **address, ref=row["ref"])

    columns = (
        Column("ref", _l("Mã người"), Invitee.ref, filter=True, href=changed_at),
        Column(
            "code",
            _l("Kết quả"),
            Outcome.code,
            filter=True,
            choices=list(known.items()),
            show=lambda row: known.get(row["code"], row["code"]),
        ),
        Column("noted_on", _l("Ghi ngày"), Outcome.noted_on, kind="day"),
        Column("noted_by", _l("Người ghi"), Account.display_name),
    )
    return listing_of(session, noted_outcomes(place.group), columns, request.args, default_sort="ref")
