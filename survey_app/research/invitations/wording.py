"""The words of a round's letters: read, tried on a sample, changed, put back to what comes with the platform."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from flask import abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import Role, open_to
from survey_app.console import audit, flash_done, reading, round_of, writing
from survey_app.documents.letters import DoesNotFit, Letter, typeset
from survey_app.i18n import LANGUAGES
from survey_app.invitation_letters import Voice, poster_of, spaced
from survey_app.models.base import Texts
from survey_app.models.rounds import SurveyRound
from survey_app.research.invitations.room import Place, blueprint, fonts, page, voice
from survey_app.research.invitations.words import HEAD_FIELDS, KINDS, PLACES, words_fault_words
from survey_app.services import letter_words
from survey_app.services.letter_words import WordsFault, WordsRefused

SAMPLE = {"name": "Nguyễn Thị Minh Châu", "position": "Phó Trưởng phòng", "organisation": "Sở Nội vụ"}
SAMPLE_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DOCUMENTS = {"letter": "letters", "card": "cards", "poster": "posters"}
LONGEST_FIELD = 200


@blueprint.get("/words")
@open_to(Role.RESEARCHER)
def words(round_code: str) -> str:
    """The words of one kind of letter, with a picture of what they make."""
    kind = _kind(request.args)
    with reading() as session:
        survey_round = round_of(session, round_code)
        texts = letter_words.words_of(session, survey_round, kind)
        return _page(session, survey_round, kind, texts)


@blueprint.post("/words")
@open_to(Role.RESEARCHER)
def save_words(round_code: str) -> AnyResponse | tuple[str, int]:
    """Keep words, or only show what they make."""
    kind, go = _kind(request.form), request.form.get("go", "save")
    texts = _typed() if go != "reset" else letter_words.shipped()[kind]
    with writing() as session:
        survey_round = round_of(session, round_code)
        faults = _faults(session, survey_round, kind, texts)
        if faults or go == "preview":
            return _page(session, survey_round, kind, texts, faults), 422 if faults else 200
        letter_words.save_words(session, survey_round, kind, texts)
        audit(session, "words.changed", round_code, kind=kind)
    flash_done(_("Đã lưu lời: %(kind)s.", kind=KINDS[kind]))
    return redirect(url_for("invitations.words", round_code=round_code, kind=kind), 303)


@blueprint.post("/letterhead")
@open_to(Role.RESEARCHER)
def save_letterhead(round_code: str) -> AnyResponse:
    """Keep who signs the letters, and the number that answers questions."""
    fields = {name: " ".join(request.form.get(name, "").split())[:LONGEST_FIELD] for name in HEAD_FIELDS}
    with writing() as session:
        letter_words.save_letterhead(session, round_of(session, round_code), fields)
        audit(session, "words.changed", round_code, kind="letterhead")
    flash_done(_("Đã lưu phần đầu thư, người ký và số điện thoại giải đáp."))
    return redirect(url_for("invitations.words", round_code=round_code, kind=_kind(request.form)), 303)


def _kind(given: Any) -> str:
    kind: str = given.get("kind", "letter")
    if kind not in KINDS:
        abort(404)
    return kind


def _typed() -> Texts:
    """What was typed in each language, with the line ends that we keep."""
    typed = {name: request.form.get(f"text_{name}", "") for name in LANGUAGES}
    return {name: "\n".join(line.rstrip() for line in text.splitlines()).strip() for name, text in typed.items()}


def _faults(session: Session, survey_round: SurveyRound, kind: str, texts: Texts) -> tuple[WordsFault, ...]:
    """What is wrong with words; whether a page holds them is tried."""
    try:
        letter_words.check_words(kind, texts)
    except WordsRefused as refusal:
        return refusal.faults
    return tuple(
        WordsFault("does_not_fit", name)
        for name in LANGUAGES
        if _picture(session, survey_round, kind, texts, name) == ""
    )


def _page(
    session: Session, survey_round: SurveyRound, kind: str, texts: Texts, faults: tuple[WordsFault, ...] = ()
) -> str:
    shown = request.values.get("show", "vi") if request.values.get("show") in LANGUAGES else "vi"
    return page(
        "words.html",
        survey_round,
        kind=kind,
        kinds=KINDS,
        texts=texts,
        faults_found=[words_fault_words(fault) for fault in faults],
        places=[(name, PLACES[name], name in letter_words.REQUIRED[kind]) for name in letter_words.PLACES[kind]],
        is_own=texts != letter_words.shipped()[kind],
        head_fields=HEAD_FIELDS,
        head=letter_words.words_of(session, survey_round, letter_words.LETTERHEAD),
        picture="" if faults else _picture(session, survey_round, kind, texts, shown),
        message=_message(session, survey_round, texts, shown) if kind == "message" and not faults else "",
        shown=shown,
    )


def _sample(session: Session, survey_round: SurveyRound, kind: str, texts: Texts, language: str) -> Voice | None:
    """The words as a sample letter of the round's first group says them; None if the round has no group yet."""
    if not survey_round.groups:
        return None
    said = voice(session, Place(survey_round, survey_round.groups[0]), language)
    return replace(said, words={**said.words, kind: texts.get(language, "")})


def _picture(session: Session, survey_round: SurveyRound, kind: str, texts: Texts, language: str) -> str:
    """A sample as an image that stands in the page itself; empty if the words do not fit on it, or there is none."""
    said = _sample(session, survey_round, kind, texts, language)
    if kind not in DOCUMENTS or said is None:
        return "-"
    also = _sample(session, survey_round, kind, texts, "en") if language == "vi" else None
    item = poster_of(SAMPLE["organisation"], f"{said.base_url}/o/12345678", said, also)
    made = item if kind == "poster" else _letter(said, kind)
    try:
        png = typeset(
            DOCUMENTS[kind], said.head, [made], language=language, site=said.site, fonts=fonts(), picture=True
        )
    except DoesNotFit:
        return ""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _letter(said: Voice, kind: str) -> Letter:
    link = f"{said.base_url}/p/{SAMPLE_CODE}"
    name = f"Ông/Bà {SAMPLE['name']}" if said.language == "vi" else SAMPLE["name"]
    body = letter_words.filled(said.words[kind], {**said.values, **SAMPLE})
    about = (SAMPLE["position"], SAMPLE["organisation"])
    return Letter("001", name, about, body, link, spaced(SAMPLE_CODE), "001")


def _message(session: Session, survey_round: SurveyRound, texts: Texts, language: str) -> str:
    said = _sample(session, survey_round, "message", texts, language)
    if said is None:
        return ""
    values = {**said.values, **SAMPLE, "link": f"{said.base_url}/p/{SAMPLE_CODE}", "code": SAMPLE_CODE}
    return letter_words.filled_line(said.words["message"], values)
