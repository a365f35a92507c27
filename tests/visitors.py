"""Visitors of the respondents' pages, on Flask's test client: they read pages, tick boxes and send forms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flask
from flask.testing import FlaskClient
from lxml import html
from rounds import UNITS, a_group, a_plan, make_round, people, voters
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.db import Database, make_engine
from survey_app.models.ballots import Ballot, Draft
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import Mode, SurveyRound
from survey_app.queries.rounds import ballots_of_round, round_by_code
from survey_app.security import KeyRing
from survey_app.services.closing import close_round, open_box

EVERY_KIND = """
settings: {form_id: every, version: "1", default_language: vi, title: {vi: "Phiếu thử", en: "A trial form"}, minutes: 7}
choices:
  yesno:
    - {name: "yes", label: {vi: "Có", en: "Yes"}}
    - {name: "no", label: {vi: "Không", en: "No"}}
  channel:
    - {name: counter, label: {vi: "Tại bộ phận một cửa", en: "At the counter"}}
    - {name: online, label: {vi: "Qua mạng", en: "Online"}}
    - {name: post, label: {vi: "Qua bưu điện", en: "By post"}}
    - {name: "98", label: {vi: "Không nhớ", en: "Don't remember"}, dont_know: true}
  city:
    - {name: hn, label: {vi: "Hà Nội", en: "Hanoi"}}
    - {name: hp, label: {vi: "Hải Phòng", en: "Haiphong"}}
  place:
    - {name: tay_ho, label: {vi: "Tây Hồ", en: "West Lake"}, city: hn}
    - {name: do_son, label: {vi: "Đồ Sơn", en: "Do Son"}, city: hp}
  quality:
    - {name: "1", label: {vi: "Kém", en: "Poor"}}
    - {name: "2", label: {vi: "Tốt", en: "Good"}}
    - {name: "98", label: {vi: "Không biết", en: "Don't know"}, dont_know: true}
survey:
  - group: service
    label: {vi: "Lần làm thủ tục gần đây nhất", en: "Your latest use of a service"}
    questions:
      - {type: select_one yesno, name: used, label: {vi: "Có làm thủ tục không?", en: "Did you use a service?"}, required: yes}
      - {type: note, name: recall, label: {vi: "Xin nhớ lại.", en: "Please think back."}, relevant: "${used} = 'yes'"}
      - {type: select_multiple channel or_other, name: channels, label: {vi: "Nộp bằng cách nào?", en: "How did you hand it in?"}, relevant: "${used} = 'yes'", constraint: "count-selected(.) <= 2", constraint_message: {vi: "Xin chọn tối đa 2 cách.", en: "No more than 2, please."}, required: yes}
      - {type: integer, name: visits, label: {vi: "Phải đến mấy lần?", en: "How many times?"}, relevant: "selected(${channels}, 'counter')", constraint: ". >= 0 and . <= 50", required: yes}
      - {type: decimal, name: paid, label: {vi: "Lệ phí (triệu đồng)", en: "Fees (million)"}, relevant: "${used} = 'yes'", constraint: ". >= 0"}
      - {type: date, name: handed_in, label: {vi: "Ngày nộp", en: "Day handed in"}, relevant: "${used} = 'yes'", constraint: ". <= today()", constraint_message: {vi: "Ngày nộp không thể ở sau hôm nay.", en: "The day cannot be after today."}}
      - {type: range, name: score, parameters: "start=0 end=10 step=0.5", label: {vi: "Cho mấy điểm?", en: "How many points?"}, relevant: "${used} = 'yes'"}
  - group: where
    label: {vi: "Nơi làm thủ tục", en: "Where"}
    questions:
      - {type: select_one city, name: city, label: {vi: "Thành phố", en: "City"}, required: yes}
      - {type: select_one place, name: place, choice_filter: "city = ${city}", label: {vi: "Phường", en: "Ward"}, relevant: "${city} != ''", required: yes}
      - {type: calculate, name: by_sea, calculation: "if(${place} = 'do_son', 1, 0)"}
      - {type: select_multiple rated_units, name: known, label: {vi: "Biết đơn vị nào?", en: "Which units do you know?"}, required: yes}
  - repeat: judgement
    layout: unit_pages
    units_from: known
    label: {vi: "Đánh giá", en: "Rating"}
    questions:
      - {type: select_one quality, name: overall, label: {vi: "Nhìn chung thế nào?", en: "Overall?"}, required: yes}
      - {type: text, name: reason, label: {vi: "Vì sao?", en: "Why?"}, relevant: "${overall} = '1'"}
  - repeat: pace
    layout: matrix
    label: {vi: "Tiến độ", en: "Pace"}
    questions:
      - {type: select_one quality, name: speed, label: {vi: "Giải quyết nhanh", en: "Quick to act"}, required: yes}
  - group: wish
    label: {vi: "Ý kiến thêm", en: "Anything else"}
    relevant: "${used} = 'yes'"
    questions:
      - {type: text, name: wishes, appearance: multiline, label: {vi: "Mong điều gì?", en: "What do you wish?"}}
"""  # noqa: E501 (a line is a row of the questionnaire)

USED = {
    "used": "yes",
    "channels": ["post", "other"],
    "channels_other": "Nhờ người nhà",
    "paid": "1,5",
    "handed_in": "05/03/2026",
    "score": "7,5",
}
PLACES = {"city": "hp", "place": "do_son", "known": ["U1", "U3"]}

Answers = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """A page as it came, with what a reader finds on it."""

    path: str
    status: int
    text: str
    headers: Any

    @cached_property
    def document(self) -> html.HtmlElement:
        return html.fromstring(self.text)

    @property
    def title(self) -> str:
        """What the browser's tab says, without the name of the site."""
        return self.document.findtext(".//title").rpartition(" – ")[0]

    def words(self, xpath: str) -> str:
        """The words of all that is found there, in one line."""
        return " ".join(" ".join(found.text_content() for found in self.document.xpath(xpath)).split())

    @property
    def form(self) -> html.FormElement:
        """The form with the answers; on other pages the first one."""
        forms = self.document.forms
        return next((form for form in forms if form.get("id") == "answers"), forms[0])

    @property
    def token(self) -> str:
        return self.form.fields["csrf_token"]

    @property
    def filled(self) -> dict[str, list[str]]:
        """The fields as a browser would send them untouched, the token left out."""
        found: dict[str, list[str]] = {}
        for name, value in self.form.form_values():
            found.setdefault(name, []).append(value)
        del found["csrf_token"]
        return {name: values for name, values in found.items() if values != [""]}

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by field, as it stands at the field."""
        found = self.document.xpath("//div[contains(@class, 'faulty')]")
        return {row.get("data-field"): row.xpath(".//*[@class='error']")[0].text_content() for row in found}

    @property
    def visible(self) -> list[str]:
        """The fields of the questions that are shown."""
        return [row.get("data-field") for row in self.document.xpath("//div[@data-field][not(@hidden)]")]

    @property
    def lines(self) -> dict[str, str]:
        """Question or unit -> answer in words, on the review."""
        terms, answers = self.document.xpath("//dl//dt"), self.document.xpath("//dl//dd")
        return {term.text_content(): answer.text_content() for term, answer in zip(terms, answers, strict=True)}

    @property
    def receipt(self) -> str:
        return self.words("//*[@class='receipt']")


class Visitor:
    """Somebody with a browser of their own, who may come from another address."""

    def __init__(self, app: flask.Flask, address: str = "127.0.0.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = address
        self.shown: Shown | None = None

    def open(self, path: str, data: Answers | None = None, *, follow: bool = True, **more: Any) -> Shown:
        """Fetch a page, or post a form, and follow where it leads."""
        response = self.client.open(
            path,
            method="GET" if data is None else "POST",
            data=data,
            follow_redirects=follow,
            environ_overrides={"REMOTE_ADDR": self.address},
            **more,
        )
        self.shown = Shown(response.request.path, response.status_code, response.text, response.headers)
        return self.shown

    def send(self, answers: Answers | None = None, *, to: str = "", follow: bool = True, **more: Any) -> Shown:
        """Send the form of the page that is shown with these fields and no others, and look at what comes."""
        page = self.shown
        return self.open(
            to or page.form.action or page.path, {"csrf_token": page.token, **(answers or {})}, follow=follow, **more
        )

    def begin(self, link: str) -> Shown:
        """From the link to the first page, consent given."""
        self.open(link)
        return self.send({"consent": "yes"})

    @property
    def home(self) -> str:
        """The address of this visit's landing page."""
        return self.shown.path[: self.shown.path.index("/", 3) + 1]


@dataclass(frozen=True, slots=True)
class Opened:
    """A round made for a test: its links, and what lies in the database."""

    config: Config
    code: str
    personal: tuple[str, ...]
    posters: tuple[str, ...]

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        engine = make_engine(self.config.database_url)
        with Session(engine) as session:
            yield session
        engine.dispose()

    @property
    def drafts(self) -> int:
        with self.session() as session:
            return len(session.scalars(select(Draft.draft_key)).all())

    @property
    def sealed(self) -> list[bytes]:
        """The ballots as they lie in the box while the round is open."""
        with self.session() as session:
            return sorted(session.scalars(select(Ballot.sealed)).all())

    def change(self, **fields: Any) -> None:
        """Set fields of the round, its dates or its state."""
        with self.session() as session:
            survey_round = round_by_code(session, self.code)
            for name, value in fields.items():
                setattr(survey_round, name, value)
            session.commit()

    def close(self) -> list[dict[str, Any]]:
        """Close the round, open its box and destroy its key; the ballots in clear."""
        keys = KeyRing(self.config.key_dir)
        database = Database(make_engine(self.config.database_url))
        with database.transaction() as session:
            survey_round = round_by_code(session, self.code)
            close_round(session, survey_round)
            open_box(session, survey_round, keys.read(self.code))
            found = ballots_of_round(survey_round.id).with_only_columns(Ballot.answers)
            answers = list(session.scalars(found).all())
            session.commit()
        keys.destroy(self.code)
        database.engine.dispose()
        return answers


def a_round(
    config: Config,
    form: str = EVERY_KIND,
    *,
    mode: Mode = Mode.PERSONAL_LINK,
    units: Sequence[str] = UNITS,
    n: int = 12,
    **plan: Any,
) -> Opened:
    """An open round with one group of ``n`` people, or one poster for all."""
    keys = KeyRing(config.key_dir)
    engine = make_engine(config.database_url)
    with Session(engine) as session:
        made = a_plan(a_group(mode=mode, instrument=form), **plan)
        survey_round = make_round(session, keys, made, {"staff": people(n)}, units=units)
        opened = _opened(session, config, survey_round)
        session.commit()
    engine.dispose()
    return opened


def _opened(session: Session, config: Config, survey_round: SurveyRound) -> Opened:
    key = KeyRing(config.key_dir).read(survey_round.code)
    personal = tuple(f"/p/{voter.code}" for voter in voters(session, survey_round, key))
    public = session.scalars(select(DesignCell.public_code).where(DesignCell.public_code.is_not(None)))
    return Opened(config, survey_round.code, personal, tuple(f"/o/{code}" for code in public))
