"""Small rounds for the stories: opened on a site's database, their links to hand out, and what lies in the box."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rounds import a_group, a_plan, make_round, people, texts
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import make_engine
from survey_app.models.ballots import Ballot, Draft
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import Mode, RespondentGroup, SurveyRound
from survey_app.security import KeyRing, open_ballot
from survey_app.services.closing import close_round
from survey_app.services.roll import links

HERE = Path(__file__).parent
SHORT = (HERE / "short_form.yaml").read_text("utf-8")
EVERY_KIND = (HERE / "every_kind.yaml").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Opened:
    """A round that was made for a test, with the paths of its links."""

    config: Config
    id: int
    code: str
    personal: tuple[str, ...]
    posters: tuple[str, ...]

    @property
    def ballots(self) -> list[dict[str, Any]]:
        """The answers of every ballot in this round's box, which is not opened yet."""
        key = KeyRing(self.config.key_dir).read(self.code)
        cells = select(DesignCell.id).join(RespondentGroup).where(RespondentGroup.survey_round_id == self.id)
        with self._session() as session:
            found = session.scalars(select(Ballot).where(Ballot.design_cell_id.in_(cells))).all()
            return [open_ballot(key, ballot.ballot_key, ballot.sealed) for ballot in found]

    @property
    def drafts(self) -> int:
        """How many unsent drafts are kept."""
        with self._session() as session:
            return session.scalar(select(func.count()).where(Draft.survey_round_id == self.id))

    def close(self) -> None:
        """Close the round; its key is destroyed."""
        with self._session() as session:
            close_round(session, session.get_one(SurveyRound, self.id))
            session.commit()
        KeyRing(self.config.key_dir).destroy(self.code)

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        engine = make_engine(self.config.database_url)
        with Session(engine) as session:
            yield session
        engine.dispose()


def a_round(
    config: Config,
    form: str = SHORT,
    *,
    code: str = "thu",
    mode: Mode = Mode.PERSONAL_LINK,
    days: tuple[int, int] = (-7, 60),
    n: int = 12,
    **fields: Any,
) -> Opened:
    """An open round of one group of ``n`` people (or one poster), answering from and until ``days`` from today."""
    opens_on, closes_on = (today() + timedelta(days=offset) for offset in days)
    plan = a_plan(
        a_group(mode=mode, instrument=form),
        code=code,
        **WORDS | {"opens_on": opens_on, "closes_on": closes_on} | fields,
    )
    engine = make_engine(config.database_url)
    with Session(engine) as session:
        keys = KeyRing(config.key_dir)
        made = make_round(session, keys, plan, {"staff": people(n)}, units=("U1", "U2", "U3"))
        personal = tuple(f"/p/{link.code}" for link in links(session, made, keys.read(code)))
        codes = select(DesignCell.public_code).join(RespondentGroup).where(RespondentGroup.survey_round_id == made.id)
        posters = tuple(f"/o/{public_code}" for public_code in session.scalars(codes) if public_code)
        session.commit()
        opened = Opened(config, made.id, code, personal, posters)
    engine.dispose()
    return opened


WORDS = {
    "title": texts("Đợt khảo sát thử"),
    "asked_by": texts("Viện Nghiên cứu"),
    "contact": texts("Cần hỏi thêm, xin gọi số điện thoại trong thư mời."),
    "legal_basis": texts("Kế hoạch của Thành phố."),
    "results_when": texts("Kết quả được công bố trong tháng 3."),
}
