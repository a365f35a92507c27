"""Files that carry links out of the house: a CSV for a mail merge, or a page of QR codes to print."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import qrcode
from jinja2 import Environment, PackageLoader
from qrcode.image.svg import SvgPathImage
from sqlalchemy.orm import Session

from survey_app.models.rounds import SurveyRound
from survey_app.queries.rounds import open_links
from survey_app.services.roll import links


@dataclass(frozen=True, slots=True)
class Card:
    """One link to hand out: to a person (ref) or on a poster (a unit's name)."""

    group: str
    addressee: str
    url: str
    code: str

    @property
    def qr(self) -> str:
        """The link as an SVG drawing."""
        drawn = qrcode.make(self.url, image_factory=SvgPathImage, box_size=10, border=2)
        return drawn.to_string(encoding="unicode")

    @property
    def spaced_code(self) -> str:
        """The code in groups of four, for those who type it."""
        return " ".join(self.code[i : i + 4] for i in range(0, len(self.code), 4))


def cards(session: Session, survey_round: SurveyRound, round_key: bytes, base_url: str) -> Iterator[Card]:
    """Every link of a round: personal ones first, then the open ones."""
    for link in links(session, survey_round, round_key):
        yield Card(link.group_code, link.ref, f"{base_url}/p/{link.code}", link.code)
    for open_link in open_links(session, survey_round.id):
        yield Card(open_link.group_code, open_link.unit_name, f"{base_url}/o/{open_link.public_code}", "")


def write_links(session: Session, survey_round: SurveyRound, round_key: bytes, path: Path, base_url: str) -> int:
    """Write every link of a round to a .csv or .html file that only its owner can read; how many there are."""
    found = list(cards(session, survey_round, round_key, base_url))
    path.touch(mode=0o600)
    path.chmod(0o600)  # a file that was there before may have been open to others
    if path.suffix == ".html":
        path.write_text(_printed(survey_round, found), encoding="utf-8")
    else:
        _write_csv(path, found)
    return len(found)


def _write_csv(path: Path, found: Iterable[Card]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["group", "addressee", "url", "code"])
        writer.writerows([_plain(card.group), _plain(card.addressee), card.url, card.code] for card in found)


def _plain(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else value


def _printed(survey_round: SurveyRound, found: list[Card]) -> str:
    environment = Environment(loader=PackageLoader("survey_app"), autoescape=True)
    return environment.get_template("letters.html").render(survey_round=survey_round, cards=found)
