"""What the shared site offers: rounds in every state, small ones and those of Hà Nội, and links that nobody used."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from browser.small_rounds import EVERY_KIND, Opened, a_round
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import make_engine
from survey_app.demo import load_demo
from survey_app.letters import cards
from survey_app.models.rounds import Mode, Purpose
from survey_app.security import KeyRing

DELEGATE = "hanoi-2026-so/hdnd_tp"  # rates 16 departments on 5 questions
OWN_STAFF = "hanoi-2026-xa/cong_chuc"  # a page per section, about the own commune
CITIZEN = "hanoi-2026-xa/nguoi_dan"  # SIPAS, open link


@dataclass
class Fair:
    """The address of the site, and its rounds by name."""

    address: str
    rounds: dict[str, Opened]
    fresh: dict[str, Iterator[str]] = field(default_factory=dict)

    def link(self, name: str) -> str:
        """A link of this round that no story used before; a poster is the same for all."""
        opened = self.rounds[name]
        if opened.posters:
            return self.address + opened.posters[0]
        return self.address + next(self.fresh.setdefault(name, iter(opened.personal)))


def prepare(config: Config) -> dict[str, Opened]:
    """Open all the rounds on an empty site."""
    rounds = {
        "short": a_round(config, code="short", n=60),
        "every kind": a_round(config, EVERY_KIND, code="every-kind", n=40),
        "open": a_round(config, code="open", mode=Mode.OPEN_LINK),
        "rehearsal": a_round(config, code="rehearsal", purpose=Purpose.REHEARSAL),
        "not yet": a_round(config, code="not-yet", days=(3, 9)),
        "expired": a_round(config, code="expired", days=(-9, -3)),
        "closed": a_round(config, code="closed"),
    }
    rounds["closed"].close()
    return rounds | _hanoi(config)


def _hanoi(config: Config) -> dict[str, Opened]:
    engine, keys = make_engine(config.database_url), KeyRing(config.key_dir)
    paths: dict[str, list[str]] = {}
    with Session(engine) as session:
        made = load_demo(session, keys, today())
        ids = {survey_round.code: survey_round.id for survey_round in made}
        for survey_round in made:
            for card in cards(session, survey_round, keys.read(survey_round.code), ""):
                paths.setdefault(f"{survey_round.code}/{card.group}", []).append(card.url)
        session.commit()
    engine.dispose()
    return {name: _group(config, ids, name, found) for name, found in paths.items()}


def _group(config: Config, ids: dict[str, int], name: str, found: list[str]) -> Opened:
    code = name.split("/", maxsplit=1)[0]
    personal = tuple(path for path in found if path.startswith("/p/"))
    return Opened(config, ids[code], code, personal, tuple(path for path in found if path.startswith("/o/")))
