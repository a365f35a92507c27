"""The words of letters, cards, posters and messages: shipped ones until a round has its own; their places checked.

A place is a name in braces that is filled when a letter is made. A paragraph (a line of a message) with a place that
has nothing to say is left out, so that no letter reads "call ." where nobody gave a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models.base import Texts
from survey_app.models.people import Template
from survey_app.models.rounds import SurveyRound

QR = "{qr}"
PLACE = re.compile(r"\{([^{}]*)\}")
SHARED = ("title", "group", "asked_by", "legal_basis", "opens", "deadline", "minutes", "results_when", "contact")
PLACES = {
    "letter": (*SHARED, "hotline", "anonymity", "qr", "name", "position", "organisation", "site"),
    "card": (*SHARED, "hotline", "anonymity"),
    "poster": (*SHARED, "hotline", "unit"),
    "message": (*SHARED, "hotline", "name", "link", "code", "site"),
}
REQUIRED = {"letter": ("qr", "anonymity", "deadline"), "card": (), "poster": (), "message": ("link",)}
KINDS = tuple(PLACES)
LETTERHEAD = "letterhead"
HEAD_FIELDS = ("superior", "number", "place", "signer_title", "signer", "hotline")
LONGEST = 4000
STRESSED = frozenset({"deadline", "minutes"})


@dataclass(frozen=True, slots=True)
class WordsFault:
    """What is wrong with the words of one kind in one language; ``place`` is the name in braces, if it is about one."""

    code: str
    language: str
    place: str = ""


class WordsRefused(ValueError):
    """Words that no letter could be made of; nothing was saved."""

    def __init__(self, faults: tuple[WordsFault, ...]) -> None:
        self.faults = faults
        super().__init__(", ".join(f"{fault.language}: {fault.code} {fault.place}" for fault in faults))


@cache
def shipped() -> dict[str, Texts]:
    """The words that come with the platform, by kind."""
    source = resources.files("survey_app").joinpath("data", "letters", "words.yaml").read_text("utf-8")
    words: dict[str, Texts] = YAML(typ="safe").load(source)
    return words


def anonymity(*, anonymous: bool) -> Texts:
    """What people of a group are told about who learns that they answered."""
    return shipped()["anonymous" if anonymous else "not_anonymous"]


def words_of(session: Session, survey_round: SurveyRound, kind: str) -> Texts:
    """The words of this kind: the round's own, else the shipped ones; a letterhead may be empty."""
    own = session.scalar(
        select(Template.words).where(Template.survey_round_id == survey_round.id, Template.kind == kind)
    )
    return own if own is not None else shipped().get(kind, {})


def faults_in(kind: str, words: Mapping[str, str]) -> tuple[WordsFault, ...]:
    """Everything that is wrong with words, in the order of languages and places."""
    return tuple(fault for language, text in words.items() for fault in _faults(kind, language, text))


def save_words(session: Session, survey_round: SurveyRound, kind: str, words: Texts) -> None:
    """Keep a round's own words of one kind, or refuse them all. Saving the shipped words forgets its own."""
    check_words(kind, words)
    _keep(session, survey_round, kind, words)


def check_words(kind: str, words: Texts) -> None:
    """Refuse words that no letter could be made of."""
    faults = faults_in(kind, words)
    if faults:
        raise WordsRefused(faults)


def save_letterhead(session: Session, survey_round: SurveyRound, fields: Mapping[str, str]) -> None:
    """Keep who signs the letters, and the number that answers questions."""
    _keep(session, survey_round, LETTERHEAD, {name: fields.get(name, "").strip() for name in HEAD_FIELDS})


def filled(text: str, values: Mapping[str, str]) -> tuple[tuple[tuple[tuple[str, bool], ...], ...] | str, ...]:
    """Paragraphs of lines of (words, stressed); QR stands for itself. Paragraphs with an empty place are left out."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return tuple(
        "qr" if paragraph == QR else tuple(_segments(line.strip(), values) for line in paragraph.splitlines())
        for paragraph in paragraphs
        if all(values.get(place) for place in PLACE.findall(paragraph) if place != "qr")
    )


def filled_line(text: str, values: Mapping[str, str]) -> str:
    """A message in one line; what has nothing to say is empty."""
    return " ".join(PLACE.sub(lambda found: values.get(found[1], ""), text).split())


def _segments(line: str, values: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    parts = PLACE.split(line)  # words, place, words, place, …
    found = [(values[part], part in STRESSED) if i % 2 else (part, False) for i, part in enumerate(parts)]
    return tuple(segment for segment in found if segment[0])


def _faults(kind: str, language: str, text: str) -> list[WordsFault]:
    if not text.strip():
        return [WordsFault("empty", language)]
    found = PLACE.findall(text)
    faults = [WordsFault("unknown_place", language, place) for place in found if place not in PLACES[kind]]
    faults += [WordsFault("missing_place", language, place) for place in REQUIRED[kind] if place not in found]
    if re.search(r"[{}]", PLACE.sub("", text)):
        faults.append(WordsFault("loose_brace", language))
    if QR in text and not re.search(r"(^|\n)\s*\n?\{qr\}\s*(\n\s*\n|$)", text):
        faults.append(WordsFault("qr_not_alone", language))
    if len(text) > LONGEST:
        faults.append(WordsFault("too_long", language))
    return faults


def _keep(session: Session, survey_round: SurveyRound, kind: str, words: Texts) -> None:
    kept = session.scalar(select(Template).where(Template.survey_round_id == survey_round.id, Template.kind == kind))
    if words == shipped().get(kind):
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(Template(survey_round_id=survey_round.id, kind=kind, words=words))
    else:
        kept.words = words
    session.flush()
