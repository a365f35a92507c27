"""From a copy of everything but the round's key nobody learns who said what (docs/anonymity.md)."""

import csv
import io
import logging
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import flask
import pytest
from attacker import Loot, Row, best_ranking, opened, rank_pairs, same_bytes, same_hashes, steal, where_the_log_stands
from rounds import Browser, Voter, a_group, a_plan, make_round, people, vote, voters
from sqlalchemy import Engine, text

from survey_app.config import Config
from survey_app.db import Database
from survey_app.instance import instance_of
from survey_app.letters import write_links
from survey_app.logs import JsonFormatter
from survey_app.models.rounds import RatingScope
from survey_app.queries.rounds import round_by_code
from survey_app.security import KeyRing, draft_key, read_code, seal_draft
from survey_app.services.ballots import discard_draft, save_draft
from survey_app.services.closing import clear_traces, close_round, open_box

LUCK = 1e-4  # what better than this is no luck any more
ORDERS = ["as it comes", "by the list"]


@dataclass
class Scene:
    """A round whose people have answered, with the truth that only the test knows."""

    engine: Engine
    keys: KeyRing
    key: bytes
    voters: dict[str, Voter]  # by ref
    words: dict[str, str]  # what each wrote, by ref
    links: Path
    since: str
    log: str = ""

    def steal(self, *found_elsewhere: bytes) -> Loot:
        """All there is, the codes of the outgoing file beside the people they were sent to."""
        loot = steal(self.engine, since=self.since)
        with self.links.open(encoding="utf-8-sig", newline="") as lines:
            sent = {row["addressee"]: (number, row["code"]) for number, row in enumerate(csv.DictReader(lines))}
        for row in loot.tables["invitee"]:
            row["line"], row["code"] = sent[row["ref"]]
            row["secret"] = read_code(row["code"])
        loot.keys = [*loot.values(*(loot.tables.keys() - {"invitee", "ballot", "draft"})), *found_elsewhere]
        return loot

    def unlocked(self, loot: Loot) -> dict[int, bytes]:
        """The sealed ballots that anything in the loot, or a hash of it, opens."""
        keys = loot.values() | set(loot.keys)
        return opened(loot.tables["ballot"], keys | {sha256(key).digest() for key in keys})

    def close(self) -> None:
        database = Database(self.engine)
        with database.transaction() as session:
            close_round(session, round_by_code(session, "small"))
            session.commit()
        with database.transaction() as session:
            open_box(session, round_by_code(session, "small"), self.key)
            session.commit()
        self.keys.destroy("small")
        clear_traces(self.engine)

    def truth(self, invitees: list[Row], ballots: list[Row]) -> dict[int, int]:
        """Which ballot is whose: by the key while it is sealed, by what was written once it is open."""
        owner = {voter.ballot_key: ref for ref, voter in self.voters.items()} | {
            w: ref for ref, w in self.words.items()
        }
        row_of = {row["ref"]: i for i, row in enumerate(invitees)}
        return {row_of[owner[mark_of(ballot)]]: j for j, ballot in enumerate(ballots)}


def mark_of(ballot: Row) -> bytes | str:
    if ballot["ballot_key"] is not None:
        return bytes(ballot["ballot_key"])
    return words_of(ballot)


def words_of(ballot: Row) -> str:
    answers = ballot["answers"]
    return flask.json.loads(answers)["comment"] if isinstance(answers, str) else answers["comment"]


def set_up(engine: Engine, folder: Path, n: int) -> Scene:
    """A round of staff who rate their own unit, half of them in each of two; their links are written out."""
    keys = KeyRing(folder / "keys")
    database = Database(engine)
    with database.transaction() as session:
        plan = a_plan(a_group(scope=RatingScope.OWN), min_cell=n // 2)
        survey_round = make_round(session, keys, plan, {"staff": people(n, "U1", "U2")}, units=("U1", "U2"))
        key = keys.read("small")
        found = {voter.ref: voter for voter in voters(session, survey_round, key)}
        write_links(session, survey_round, key, folder / "links.csv", "https://survey.example")
        session.commit()
    words = {ref: secrets.token_hex(20) for ref in found}
    return Scene(engine, keys, key, found, words, folder / "links.csv", where_the_log_stands(engine))


def in_order(scene: Scene, order: str) -> list[str]:
    refs = sorted(scene.voters)
    return refs if order == "by the list" else sorted(refs, key=lambda _ref: secrets.token_bytes(8))


@pytest.fixture(params=ORDERS)
def answered(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Scene:
    """Forty people have answered through the services: as it comes, or one after another as they stand on the list."""
    scene = set_up(engine, tmp_path, 40)
    database = Database(engine)
    for ref in in_order(scene, request.param):
        voter, answers = scene.voters[ref], {"comment": scene.words[ref]}
        kept_under = draft_key(scene.key, voter.secret)
        with database.statements() as session:
            draft = seal_draft(scene.key, voter.secret, answers)
            save_draft(session, survey_round_id=1, draft_key=kept_under, ciphertext=draft, after_revision=0)
        with database.transaction() as session:
            assert vote(session, voter, scene.key, answers)
            discard_draft(session, kept_under)
            session.commit()
    return scene


def not_better_than_luck(left: list[Row], right: list[Row], truth: dict[int, int], loot: Loot) -> None:
    assert not same_bytes(left, right)
    assert not same_hashes(left, right, loot.keys)
    verdict = best_ranking(left, right, truth)
    assert verdict.n_attacks > 50
    assert verdict.p_value > LUCK, verdict


def test_while_the_round_is_open_nobody_can_read_a_ballot(answered: Scene):
    loot = answered.steal()
    ballots = loot.tables["ballot"]
    assert len(ballots) == len(answered.voters)
    assert all(ballot["answers"] is None for ballot in ballots)
    assert not answered.unlocked(loot)
    for words in answered.words.values():
        assert not any(words.encode() in content for content in loot.files.values())


def test_sealed_ballots_all_have_one_length(answered: Scene):
    assert len({len(ballot["sealed"]) for ballot in answered.steal().tables["ballot"]}) == 1


@pytest.mark.parametrize("answered", ["as it comes"], indirect=True)
def test_while_the_round_is_open_no_sealed_ballot_leads_to_a_person(answered: Scene):
    loot = answered.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    not_better_than_luck(invitees, ballots, answered.truth(invitees, ballots), loot)


@pytest.mark.parametrize("answered", ["by the list"], indirect=True)
def test_the_order_of_sealed_ballots_does_show_and_is_why_they_are_sealed(answered: Scene):
    """People who answer in the order of the list: the attacker finds each one's envelope, and cannot open it."""
    loot = answered.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    verdict = best_ranking(invitees, ballots, answered.truth(invitees, ballots))
    assert verdict.hits == verdict.n == 40
    assert not answered.unlocked(loot)


def test_after_the_close_no_ballot_leads_to_a_person(answered: Scene):
    answered.close()
    loot = answered.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    assert all(ballot["ballot_key"] is ballot["sealed"] is None for ballot in ballots)
    not_better_than_luck(invitees, ballots, answered.truth(invitees, ballots), loot)


def test_after_the_close_an_older_copy_does_not_help(answered: Scene):
    """He has seen the envelopes come, and perhaps who sent them: none leads to an open ballot."""
    before = answered.steal()
    answered.close()
    after = answered.steal()
    envelopes, ballots = before.tables["ballot"], after.tables["ballot"]
    place = {words_of(ballot): j for j, ballot in enumerate(ballots)}
    owner = {voter.ballot_key: ref for ref, voter in answered.voters.items()}
    truth = {i: place[answered.words[owner[bytes(row["ballot_key"])]]] for i, row in enumerate(envelopes)}
    not_better_than_luck(envelopes, ballots, truth, after)
    assert not opened(envelopes, after.values())


@pytest.mark.parametrize("answered", ["as it comes"], indirect=True)
def test_after_the_close_no_file_of_the_database_holds_an_old_ballot_key(answered: Scene):
    answered.close()
    loot = answered.steal()
    tables = {name: content for name, content in loot.files.items() if name != "wal"}
    if answered.engine.dialect.name == "sqlite":
        for voter in answered.voters.values():
            assert not any(voter.ballot_key in content for content in tables.values())
    assert all(ballot["ballot_key"] is None for ballot in loot.tables["ballot"])
    assert loot.tables["draft"] == []


def test_an_open_ballot_has_another_identity_than_its_envelope(answered: Scene):
    before = answered.steal().tables["ballot"]
    answered.close()
    after = answered.steal().tables["ballot"]
    assert not {row["id"] for row in before} & {row["id"] for row in after}


# --- the attacker is no straw man ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", ["as it comes"], indirect=True)
def test_with_the_key_the_attacker_finds_everything(answered: Scene):
    loot = answered.steal(answered.key)
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    truth = answered.truth(invitees, ballots)
    assert same_hashes(invitees, ballots, [answered.key]) == set(truth.items())
    assert len(answered.unlocked(loot)) == 40


@pytest.mark.parametrize("answered", ["as it comes"], indirect=True)
def test_with_a_time_on_both_sides_the_attacker_finds_everything(answered: Scene):
    """A mark of when somebody answered, and any trace of when a ballot came."""
    arrival = {row["id"]: i for i, row in enumerate(answered.steal().tables["ballot"])}
    answered.close()
    loot = answered.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    truth = answered.truth(invitees, ballots)
    assert arrival
    for clock, (i, j) in enumerate(truth.items()):
        invitees[i]["answered_at"] = ballots[j]["stored_at"] = clock
    assert best_ranking(invitees, ballots, truth).hits == 40


@pytest.mark.parametrize("answered", ["as it comes"], indirect=True)
def test_with_a_common_value_the_attacker_finds_everything(answered: Scene):
    answered.close()
    loot = answered.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    truth = answered.truth(invitees, ballots)
    for i, j in truth.items():
        ballots[j]["session"] = invitees[i]["session"] = secrets.token_bytes(16)
    assert same_bytes(invitees, ballots) == set(truth.items())


@pytest.mark.parametrize("answered", ["by the list"], indirect=True)
def test_had_ballots_been_stored_in_clear_their_order_would_tell(answered: Scene):
    """Why mixing now and then is not enough: what came since the last time lies in order."""
    with answered.engine.begin() as connection:
        connection.execute(text("DELETE FROM ballot"))
    clear_traces(answered.engine)
    answered.since = where_the_log_stands(answered.engine)
    for ref in sorted(answered.voters):
        row = {"id": secrets.token_hex(16), "answers": f'{{"comment": "{answered.words[ref]}"}}'}
        cell = {"cell": answered.voters[ref].design_cell_id}
        with answered.engine.begin() as connection:
            stored = "INSERT INTO ballot (id, design_cell_id, instrument_version_id, day, answers) VALUES "
            connection.execute(text(stored + "(:id, :cell, 1, '2026-11-10', :answers)"), row | cell)
    loot = answered.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    assert best_ranking(invitees, ballots, answered.truth(invitees, ballots)).hits == 40


def test_a_cell_of_n_is_matched_by_luck_once_on_average():
    rows = [{"design_cell_id": 1, "sys_place": i, "mark": secrets.token_bytes(8)} for i in range(12)]
    others = [{"design_cell_id": 1, "sys_place": i, "mark": secrets.token_bytes(8)} for i in range(12)]
    truth = dict(enumerate(range(12)))
    blind = [pairs for name, pairs in rank_pairs(rows, others) if name == "mark with mark"]
    assert len(blind[0]) == 12
    assert best_ranking(rows, rows, truth).p_value < LUCK


# --- through the real pages, with the log ----------------------------------------------------------------------------


@pytest.fixture
def log() -> io.StringIO:
    """What the server writes to its log, as it writes it."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def walked(app: flask.Flask, config: Config, tmp_path: Path, log: io.StringIO) -> Scene:
    """Twenty people walked through the real pages, as they stand on the list."""
    found = instance_of(config, app.extensions["database"])
    scene = set_up(found.database.engine, tmp_path, 20)
    for ref in in_order(scene, "by the list"):
        Browser(app.test_client()).answer(f"/p/{scene.voters[ref].code}", comment=scene.words[ref])
    scene.log = log.getvalue()
    return scene


def test_through_the_pages_no_ballot_can_be_read_or_led_to_a_person(walked: Scene):
    before = walked.steal()
    assert len(before.tables["ballot"]) == 20
    assert not walked.unlocked(before)
    walked.close()
    loot = walked.steal()
    invitees, ballots = loot.tables["invitee"], loot.tables["ballot"]
    not_better_than_luck(invitees, ballots, walked.truth(invitees, ballots), loot)


def test_the_log_knows_views_and_no_people(walked: Scene):
    assert walked.log.count('"endpoint": "respond.send"') == 20
    for ref, voter in walked.voters.items():
        marks = [*voter.traces, voter.ballot_key, voter.ballot_key.hex().encode(), voter.invitee_id.hex.encode()]
        marks += [str(voter.invitee_id).encode(), walked.words[ref].encode()]
        assert not any(mark in walked.log.encode() for mark in marks)
    assert "/p/" not in walked.log
    assert "/f/" not in walked.log
    assert "127.0.0.1" not in walked.log
