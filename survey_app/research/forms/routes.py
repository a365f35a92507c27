"""The blueprint of the forms, and what all its views look up."""

from __future__ import annotations

from flask import Blueprint, abort

from instruments.model import Instrument
from survey_app.console import reading
from survey_app.queries.forms import FormSource, UnknownForm, draft_source, form_source
from survey_app.services.forms import parsed

blueprint = Blueprint("forms", __name__, url_prefix="/forms")


def looked_up(ref: str) -> tuple[FormSource, Instrument]:
    """A draft or a version (``draft-3``) with its instrument, or a page that says there is none."""
    try:
        with reading() as session:
            found = form_source(session, ref)
    except UnknownForm:
        abort(404)
    return found, parsed(found.source)


def draft_of(draft_id: int) -> tuple[FormSource, Instrument]:
    """A draft with its instrument, or a page that says there is none."""
    try:
        with reading() as session:
            found = draft_source(session, draft_id)
    except UnknownForm:
        abort(404)
    return found, parsed(found.source)
