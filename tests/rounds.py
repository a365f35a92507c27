"""Small rounds, made quickly: a few units, a short questionnaire, people with links, and how they answer."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.models.roll import DesignCell, Invitee
from survey_app.models.rounds import Mode, RatingScope, RespondentGroup, SurveyRound
from survey_app.security import KeyRing, code_hash, link_secret, personal_ballot_key, write_code
from survey_app.services.ballots import store_ballot
from survey_app.services.opening import open_round
from survey_app.services.roll import Person, invite, open_posters
from survey_app.services.rounds import GroupPlan, RoundPlan, add_units, create_round

UNITS = ("U1", "U2", "U3", "U4")

FORM = """
settings:
  form_id: small
  version: "{version}"
  default_language: vi
  title: {{vi: "Phiếu ngắn", en: "A short form"}}
  minutes: 2
choices:
  quality:
    - {{name: "1", label: {{vi: "Kém", en: "Poor"}}}}
    - {{name: "2", label: {{vi: "Tốt", en: "Good"}}}}
    - {{name: "98", label: {{vi: "Không biết", en: "Don't know"}}, dont_know: true}}
  sex:
    - {{name: "f", label: {{vi: "Nữ", en: "Female"}}}}
    - {{name: "m", label: {{vi: "Nam", en: "Male"}}}}
survey:
  - repeat: rated
    layout: matrix
    label: {{vi: "Đánh giá", en: "Ratings"}}
    questions:
      - {{type: select_one quality, name: speed, label: {{vi: "Nhanh", en: "Fast"}}, required: yes}}
  - group: more
    label: {{vi: "Thêm", en: "More"}}
    questions:
      - {{type: text, name: comment, label: {{vi: "Góp ý", en: "Comment"}}}}
{more}
"""


def form(*questions: str, version: str = "1") -> str:
    """A questionnaire: one rating for each unit, one comment, and these further questions."""
    return FORM.format(version=version, more="\n".join(f"      - {{{question}}}" for question in questions))


def background(name: str, kind: str = "select_one sex", *, more: str = "required: yes") -> str:
    """A question for ``form`` whose answer is visible on the ballot."""
    return f'type: {kind}, name: {name}, label: {{vi: "Nền", en: "Background"}}, background: yes, {more}'


def texts(words: str) -> dict[str, str]:
    return {"vi": words, "en": words}


def a_group(
    code: str = "staff",
    *,
    scope: RatingScope = RatingScope.ALL_UNITS,
    mode: Mode = Mode.PERSONAL_LINK,
    instrument: str | None = None,
    booklet_size: int = 0,
) -> GroupPlan:
    return GroupPlan(code, texts(code), mode, scope, instrument or form(), booklet_size)


def a_plan(*groups: GroupPlan, code: str = "small", min_cell: int = 3, **fields: Any) -> RoundPlan:
    words = {name: texts(name) for name in ("title", "asked_by", "contact", "legal_basis", "results_when")}
    days = {"opens_on": today() - timedelta(days=1), "closes_on": today() + timedelta(days=30)}
    lists = {"blocks": ("small",), "methods": (), "groups": groups or (a_group(),)}
    return RoundPlan(**{"code": code, "city": "somewhere", "min_cell": min_cell, **words, **days, **lists, **fields})


def people(n: int, *owns: str, prefix: str = "") -> list[Person]:
    """``n`` people with refs 001, 002, …; of each of these units in turn, if there are any."""
    return [Person(f"{prefix}{i + 1:03}", owns[i % len(owns)] if owns else "") for i in range(n)]


def make_round(
    session: Session,
    keys: KeyRing,
    plan: RoundPlan | None = None,
    invited: dict[str, Sequence[Person]] | None = None,
    *,
    units: Sequence[str] = UNITS,
    opened: bool = True,
) -> SurveyRound:
    """A round with its key and its roll, open unless said otherwise; not committed."""
    plan = plan or a_plan()
    names = pd.DataFrame({"unit_code": units, "name": [f"Đơn vị {unit}" for unit in units]})
    add_units(session, plan.city, names.assign(unit_type="so", block="small", source_note="made up"))
    survey_round = create_round(session, plan, plan.opens_on)
    round_key = keys.make(plan.code)
    for group in survey_round.groups:
        if group.mode == Mode.OPEN_LINK:
            open_posters(session, survey_round, group)
            continue
        guests = (invited or {}).get(group.code, people(12, prefix=f"{group.code}-" if group.position else ""))
        invite(session, survey_round, group, guests, round_key=round_key, seed=7)
    if opened:
        open_round(session, survey_round)
    session.flush()
    return survey_round


@dataclass(frozen=True, slots=True)
class Voter:
    """An invitee with all that follows from the round's key: known to the tests, to nobody else."""

    ref: str
    invitee_id: UUID
    secret: bytes
    ballot_key: bytes
    design_cell_id: int
    instrument_version_id: int
    survey_round_id: int

    @property
    def code(self) -> str:
        return write_code(self.secret)

    @property
    def traces(self) -> tuple[bytes, ...]:
        """How the code would look if somebody had written it down."""
        written = self.code.encode()
        base64_text = base64.b64encode(self.secret).rstrip(b"=")
        return (self.secret, self.secret.hex().encode(), written, written.lower(), base64_text)


def voters(session: Session, survey_round: SurveyRound, round_key: bytes) -> list[Voter]:
    """Everybody on the roll of a round, by ref."""
    found = session.execute(
        select(Invitee, RespondentGroup.instrument_version_id)
        .join(DesignCell, DesignCell.id == Invitee.design_cell_id)
        .join(RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id)
        .where(Invitee.survey_round_id == survey_round.id)
        .order_by(Invitee.ref)
    ).all()
    made = []
    for invitee, version_id in found:
        secret = link_secret(round_key, invitee.id)
        assert invitee.code_hash == code_hash(secret)
        ballot_key = personal_ballot_key(round_key, invitee.id)
        cell_id = invitee.design_cell_id
        made.append(Voter(invitee.ref, invitee.id, secret, ballot_key, cell_id, version_id, survey_round.id))
    return made


def vote(
    session: Session, voter: Voter, round_key: bytes, answers: dict[str, Any] | None = None, day: date | None = None
) -> bool:
    """Put a voter's ballot into the box; not committed. Without answers, the ref is the comment: the truth."""
    return store_ballot(
        session,
        round_key=round_key,
        survey_round_id=voter.survey_round_id,
        design_cell_id=voter.design_cell_id,
        instrument_version_id=voter.instrument_version_id,
        ballot_key=voter.ballot_key,
        day=day or today(),
        answers={"comment": voter.ref} if answers is None else answers,
    )


class Browser:
    """A browser without JavaScript on Flask's test client: it follows links, keeps cookies, fills in forms."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def go(self, address: str, fields: dict[str, Any] | None = None) -> Sheet:
        """Fetch a page, or post a form to it, and follow where it leads."""
        method = "GET" if fields is None else "POST"
        response = self.client.open(address, method=method, data=fields, follow_redirects=True)
        return Sheet(response.request.path, response.status_code, response.text)

    def answer(self, link: str, *, comment: str = "") -> Sheet:
        """From the link to the receipt."""
        sheet = self.go(link)
        for _page in range(20):
            if 'class="receipt"' in sheet.text:
                return sheet
            sheet = self.go(*sheet.filled_in(comment))
        raise AssertionError(f"no receipt after twenty pages: {sheet.path}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it came."""

    path: str
    status: int
    text: str

    def filled_in(self, comment: str) -> tuple[str, dict[str, Any]]:
        """Where the page's first form goes and with what: every first choice taken, the comment written."""
        form = html.fromstring(self.text).forms[0]
        fields = {}
        for entry in form.iter("input", "textarea"):
            kind = entry.get("type", "text")
            if kind in ("radio", "checkbox"):
                fields.setdefault(entry.name, entry.get("value"))
            else:
                fields[entry.name] = entry.value if kind == "hidden" else comment
        return form.action or self.path, fields
