"""From invitations to what is printed: the words of a round, filled in for each person; posters for each open link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from babel.dates import format_date
from sqlalchemy.orm import Session

from instruments.xlsform import parse_yaml
from survey_app.documents.letters import Letter, Letterhead, Poster
from survey_app.models.base import Texts
from survey_app.models.rounds import RatingScope, RespondentGroup, SurveyRound
from survey_app.queries.rounds import instrument_source, open_links, round_units
from survey_app.security import link_secret, write_code
from survey_app.services.contact_checks import e164
from survey_app.services.contacts import Addressee, contacts_of
from survey_app.services.letter_words import LETTERHEAD, anonymity, filled, filled_line, words_of

GSM = re.compile(r"[A-Za-z0-9@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà\n\r]*")
GSM_ONE, GSM_PART, UCS_ONE, UCS_PART = 160, 153, 70, 67  # signs in one message, and in each part of a longer one
PERSON = {"vi": "Ông/Bà {name}", "en": "{name}"}
NAMELESS = {"vi": "Ông/Bà", "en": "Sir or Madam"}
NUMBERED = {"vi": "Thư số {ref}", "en": "Letter {ref}"}


@dataclass(frozen=True, slots=True)
class Voice:
    """What is the same in all letters of a group in one language."""

    head: Letterhead
    words: Texts  # by kind: letter, card, message
    values: Mapping[str, str]  # what stands in the places
    language: str
    base_url: str
    unit_names: Mapping[str, str]  # by code, in the order of the city's list

    @property
    def site(self) -> str:
        """Where somebody types the code of a letter."""
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class Message:
    """A line of a mail merge."""

    ref: str
    name: str
    phone: str  # E.164
    link: str
    code: str
    text: str
    n_parts: int  # messages that a network counts


def voice_of(
    session: Session, survey_round: SurveyRound, group: RespondentGroup, *, language: str, base_url: str, today: date
) -> Voice:
    """The round's words for a group."""
    fields = words_of(session, survey_round, LETTERHEAD)
    form = parse_yaml(instrument_source(session, group.instrument_version_id), "instrument")
    titled = {
        name: _said(getattr(survey_round, name), language)
        for name in ("title", "asked_by", "contact", "legal_basis", "results_when")
    }
    values = titled | {
        "group": _said(group.title, language),
        "opens": f"{survey_round.opens_on:%d/%m/%Y}",
        "deadline": f"{survey_round.closes_on:%d/%m/%Y}",
        "minutes": str(form.settings.get("minutes") or ""),
        "hotline": fields.get("hotline", ""),
        "anonymity": _said(anonymity(anonymous=group.anonymous), language),
        "site": urlsplit(base_url).netloc,
    }
    kinds = ("letter", "card", "poster", "message")
    words = {kind: _said(words_of(session, survey_round, kind), language) for kind in kinds}
    names = {unit.code: unit.name for unit in round_units(session, survey_round.id)}
    head = _letterhead(titled, fields, language, today)
    return Voice(head, words, values, language, base_url.rstrip("/"), names)


def addressees(
    session: Session, contact_key: bytes | None, group: RespondentGroup, voice: Voice, *, unit: str = ""
) -> list[Addressee]:
    """Whom to write to: by unit in the order of the city's list, then by organisation and number."""
    order = {code: place for place, code in enumerate(voice.unit_names)}

    def place(one: Addressee) -> tuple[int, str, list[tuple[int, str]]]:
        return order.get(unit_of(one, voice), len(order)), one.contact.get("organisation", ""), natural(one.ref)

    found = contacts_of(session, contact_key, group)
    return sorted((one for one in found if unit in ("", unit_of(one, voice))), key=place)


def unit_of(one: Addressee, voice: Voice) -> str:
    """The code of the unit somebody belongs to, as the list said or as the cell tells; empty if neither does."""
    return one.contact.get("unit") or (one.cell_code if one.cell_code in voice.unit_names else "")


def natural(ref: str) -> list[tuple[int, str]]:
    """A key that puts 9 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", ref) if part]


def letters(found: Iterable[Addressee], voice: Voice, round_key: bytes, kind: str = "letter") -> Iterator[Letter]:
    """A letter (or card) for each; links are derived from the round's key and written down nowhere else."""
    for one in found:
        code = write_code(link_secret(round_key, one.invitee_id))
        name = one.contact.get("name", "")
        told = {"name": name} | {field: one.contact.get(field, "") for field in ("position", "organisation")}
        yield Letter(
            ref=one.ref,
            name=PERSON[voice.language].format(name=name) if name else NAMELESS[voice.language],
            about=_about(one, voice),
            body=filled(voice.words[kind], {**voice.values, **told}),
            link=f"{voice.base_url}/p/{code}",
            code=spaced(code),
            footer=_footer(one, voice),
        )


def messages(found: Iterable[Addressee], voice: Voice, round_key: bytes) -> Iterator[Message]:
    """A line for each who has a telephone number that can be dialled; frames keep other spellings than lists."""
    for one in found:
        phone = e164(one.contact.get("phone", ""))
        if phone:
            code = write_code(link_secret(round_key, one.invitee_id))
            link = f"{voice.base_url}/p/{code}"
            name = one.contact.get("name", "")
            text = filled_line(voice.words["message"], {**voice.values, "name": name, "link": link, "code": code})
            yield Message(one.ref, name, phone, link, code, text, parts_of(text))


def posters(
    session: Session, group: RespondentGroup, voice: Voice, also: Voice | None = None, *, unit: str = ""
) -> list[Poster]:
    """A poster for each open link of a group; of one unit alone, if it is named."""
    of_units = group.rating_scope == RatingScope.OWN
    return [
        poster_of(link.unit_name if of_units else "", f"{voice.base_url}/o/{link.public_code}", voice, also)
        for link in open_links(session, group.survey_round_id)
        if link.group_code == group.code and unit in ("", link.unit_name)
    ]


def poster_of(unit: str, link: str, voice: Voice, also: Voice | None) -> Poster:
    """A poster: the first paragraph of its words is the headline. ``also``: the second language."""
    body = filled(voice.words["poster"], {**voice.values, "unit": unit})
    second = filled(also.words["poster"], {**also.values, "unit": unit}) if also else ()
    lines = [paragraph for paragraph in body if not isinstance(paragraph, str)]
    headline = "".join(words for line in lines[0] for words, _stressed in line) if lines else ""
    return Poster(
        unit=unit,
        headline=headline,
        body=tuple(lines[1:]),
        also=tuple(paragraph for paragraph in second if not isinstance(paragraph, str)),
        link=link,
    )


def spaced(code: str) -> str:
    """The code in groups of four, for those who type it."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def parts_of(text: str) -> int:
    """How many messages a network makes of a text: fewer signs fit in if it has accents."""
    one, part = (GSM_ONE, GSM_PART) if GSM.fullmatch(text) else (UCS_ONE, UCS_PART)
    return 1 if len(text) <= one else -(-len(text) // part)


def _about(one: Addressee, voice: Voice) -> tuple[str, ...]:
    contact = one.contact
    workplace = contact.get("organisation") or voice.unit_names.get(unit_of(one, voice), "")
    return tuple(line for line in (contact.get("position", ""), workplace) if line)


def _footer(one: Addressee, voice: Voice) -> str:
    unit = voice.unit_names.get(unit_of(one, voice), "")
    number = NUMBERED[voice.language].format(ref=one.ref)
    return f"{number} · {unit}" if unit else number


def _letterhead(titled: Mapping[str, str], fields: Mapping[str, str], language: str, today: date) -> Letterhead:
    place, written = fields.get("place", ""), _dated(today, language)
    return Letterhead(
        asked_by=titled["asked_by"],
        title=titled["title"],
        superior=fields.get("superior", ""),
        number=fields.get("number", ""),
        place_and_day=f"{place}, {written}" if place else written[0].upper() + written[1:],
        signer_title=fields.get("signer_title", ""),
        signer=fields.get("signer", ""),
    )


def _dated(today: date, language: str) -> str:
    """A day as letters say it; Nghị định 30/2020 writes a zero before days below 10 and before months 1 and 2."""
    if language == "en":
        return format_date(today, "d MMMM y", locale="en")
    month = f"{today.month:02}" if today.month < 3 else str(today.month)
    return f"ngày {today:%d} tháng {month} năm {today.year}"


def _said(texts: Texts, language: str) -> str:
    return texts.get(language) or texts.get("vi", "")
