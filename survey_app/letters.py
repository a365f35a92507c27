"""Files that carry links out of the house: a CSV for a mail merge, or a page of QR codes to print."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader
from sqlalchemy.orm import Session

from survey_app.models.rounds import RatingScope, SurveyRound
from survey_app.qr import svg
from survey_app.queries.rounds import open_links
from survey_app.services.roll import links


@dataclass(frozen=True, slots=True)
class Card:
    """One link to hand out: to a person (ref), on a unit's poster (its name), or on one for all (nobody's name)."""

    group: str
    title: str  # of the group, in Vietnamese; none on a poster for all
    addressee: str
    url: str
    code: str

    @property
    def qr(self) -> str:
        """The link as an SVG drawing."""
        return svg(self.url)

    @property
    def spaced_code(self) -> str:
        """The code in groups of four, for those who type it."""
        return " ".join(self.code[i : i + 4] for i in range(0, len(self.code), 4))


def cards(session: Session, survey_round: SurveyRound, round_key: bytes, base_url: str) -> Iterator[Card]:
    """Every link of a round: personal ones first, then the open ones."""
    groups = {group.code: group for group in survey_round.groups}
    for link in links(session, survey_round, round_key):
        title = groups[link.group_code].title["vi"]
        yield Card(link.group_code, title, link.ref, f"{base_url}/p/{link.code}", link.code)
    for poster in open_links(session, survey_round.id):
        group = groups[poster.group_code]
        of_a_unit = group.rating_scope == RatingScope.OWN
        named = (group.title["vi"], poster.unit_name) if of_a_unit else ("", "")
        yield Card(group.code, *named, f"{base_url}/o/{poster.public_code}", "")


def write_links(session: Session, survey_round: SurveyRound, round_key: bytes, path: Path, base_url: str) -> int:
    """Write every link of a round to a .csv or .html file that only its owner can read; how many there are.

    Drawing thousands of QR codes takes a minute: the session should hold no lock meanwhile.
    """
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
        writer.writerow(["group", "title", "addressee", "url", "code"])
        for card in found:
            writer.writerow([*map(_plain, (card.group, card.title, card.addressee)), card.url, card.code])


def _plain(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else value


def _printed(survey_round: SurveyRound, found: list[Card]) -> str:
    environment = Environment(loader=PackageLoader("survey_app"), autoescape=True)
    return environment.get_template("letters.html").render(survey_round=survey_round, cards=found)
