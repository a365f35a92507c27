"""Results of rehearsals on screen and as CSV: only of rehearsals, only when closed, and nothing of a few people."""

import csv
import io
import random
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import flask
import pandas as pd
import pytest
from databases import PostgresCluster
from flask.testing import FlaskClient
from lxml import html
from rounds import a_plan, make_round
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from instruments.answering import merge
from instruments.model import Instrument, QuestionType, RatedUnit
from instruments.routing import item_choices, pages
from instruments.xlsform import parse_yaml
from scoring.faults import TableError
from survey_app.app import create_app
from survey_app.clock import today
from survey_app.config import Config
from survey_app.db import make_engine
from survey_app.definitions import read_round_plan, read_units, shipped_rounds, shipped_units
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, Purpose, RespondentGroup, Status, SurveyRound
from survey_app.security import KeyRing
from survey_app.services.ballots import store_ballot
from survey_app.services.closing import close_round, open_box
from survey_app.services.rounds import add_units, create_round
from survey_app.services.scores import ScoredRound, score_round

ON_SCREEN = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)  # the engine shows in the CSV, if at all
CODE = "dien-tap"
ENOUGH = 6  # ballots in a cell that is not a small one


@dataclass(frozen=True, slots=True)
class Played:
    """What was put into the box of a rehearsal."""

    units: tuple[str, ...]
    thin: str  # a unit whose own people sent three ballots
    empty: str  # a unit that nobody rated


def opinion(dice: random.Random, instrument: Instrument, units: Sequence[RatedUnit]) -> dict[str, Any]:
    """The answers of somebody who ticks at random and leaves nothing blank."""
    answers: dict[str, Any] = {}
    number = 0
    while number < len(way := pages(instrument, units, answers, today())):
        values: dict[str, Any] = {}
        for item in way[number].items:
            if item.question.type is QuestionType.SELECT_ONE:
                choices = item_choices(instrument, item, units, answers, today())
                name = dice.choice(choices).name
                if item.unit:
                    values.setdefault(item.question.name, {})[item.unit.code] = name
                else:
                    values[item.question.name] = name
        answers = merge(answers, way[number], values)
        number += 1
    return answers


def play(session: Session, keys: KeyRing, name: str, *, n_units: int = 5, code: str = CODE) -> Played:
    """Play a shipped round over its first units, with a thin unit and an empty one; closed and in clear."""
    plan = read_round_plan(shipped_rounds()[name])
    units = read_units(shipped_units()["hanoi"])
    units = units[units["block"].isin(plan.blocks)].head(n_units)
    add_units(session, plan.city, units)
    survey_round = create_round(session, replace(plan, code=code, purpose=Purpose.REHEARSAL), plan.opens_on)
    survey_round.opens_on = survey_round.closes_on = today()
    key = keys.make(code)
    codes = tuple(units["unit_code"])
    played = Played(codes, thin=codes[1], empty=codes[2])
    dice = random.Random(2026)
    for group in survey_round.groups:
        for cell in _cells(session, group, codes):
            rated = [unit for unit in cell.rated_units if unit != played.empty]
            cell.rated_units = rated
            n = 3 if cell.code == played.thin else ENOUGH
            for _ballot in range(n if rated else 0):
                _store(session, survey_round, group, cell, key=key, dice=dice)
    survey_round.status = Status.OPEN
    close_round(session, survey_round)
    open_box(session, survey_round, key)
    session.commit()
    keys.destroy(code)
    return played


def _cells(session: Session, group: RespondentGroup, codes: Sequence[str]) -> list[DesignCell]:
    """A cell for each unit where people rate their own, else one cell for all."""
    own = group.rating_scope == "own"
    cells = [
        DesignCell(respondent_group_id=group.id, code=code, rated_units=rated, n_invited=20)
        for code, rated in ([(unit, [unit]) for unit in codes] if own else [("all", list(codes))])
    ]
    session.add_all(cells)
    session.flush()
    return cells


def _store(
    session: Session,
    survey_round: SurveyRound,
    group: RespondentGroup,
    cell: DesignCell,
    *,
    key: bytes,
    dice: random.Random,
) -> None:
    source = session.get_one(InstrumentVersion, group.instrument_version_id).source
    instrument = _parsed(source)
    units = [RatedUnit(code, code) for code in cell.rated_units]
    survey_round.status = Status.OPEN
    session.flush()
    assert store_ballot(
        session,
        round_key=key,
        survey_round_id=survey_round.id,
        design_cell_id=cell.id,
        instrument_version_id=group.instrument_version_id,
        ballot_key=dice.randbytes(32),
        day=today(),
        answers=opinion(dice, instrument, units),
    )


_forms: dict[str, Instrument] = {}


def _parsed(source: str) -> Instrument:
    if source not in _forms:
        _forms[source] = parse_yaml(source, "played")
    return _forms[source]


_played: dict[str, tuple[Path, Played]] = {}  # rounds that were played once, as files of SQLite


@pytest.fixture(params=["hanoi-2026-so", "hanoi-2026-xa"])
def played(
    request: pytest.FixtureRequest,
    session: Session,
    config: Config,
    engine_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:
    """A closed rehearsal; on SQLite each is played once and copied after that."""
    if not engine_url.startswith("sqlite"):
        return play(session, KeyRing(config.key_dir), request.param)
    database = engine_url.removeprefix("sqlite:///")
    if request.param in _played:
        kept, found = _played[request.param]
        shutil.copyfile(kept, database)
        return found
    found = play(session, KeyRing(config.key_dir), request.param)
    kept = tmp_path_factory.mktemp("played") / "survey.db"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(kept)) as target:
        source.backup(target)
    _played[request.param] = kept, found
    return found


@pytest.fixture
def csv_rows(client: FlaskClient, played: Played) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"/rehearsals/{CODE}/results.csv").text)))


def read(client: FlaskClient, path: str, language: str = "vi") -> html.HtmlElement:
    client.set_cookie("lang", language)
    response = client.get(path)
    assert response.status_code == 200
    return html.fromstring(response.text)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


@ON_SCREEN
def test_the_list_leads_to_the_results_of_closed_rehearsals(client: FlaskClient, played: Played):
    page = read(client, "/rehearsals/")
    (link,) = page.xpath("//main//a/@href")
    assert link == f"/rehearsals/{CODE}/"
    assert read(client, link).xpath("//main//table")


def test_without_a_rehearsal_the_list_says_how_to_play_one(client: FlaskClient):
    assert "survey rehearse" in words(read(client, "/rehearsals/"))


def test_the_same_ballots_give_the_same_bytes(client: FlaskClient, config: Config, played: Played):
    first = client.get(f"/rehearsals/{CODE}/results.csv")
    assert first.mimetype == "text/csv"
    assert first.headers["Content-Disposition"] == f'attachment; filename="{CODE}.csv"'
    assert first.data == client.get(f"/rehearsals/{CODE}/results.csv").data
    another = create_app(config)
    assert another.test_client().get(f"/rehearsals/{CODE}/results.csv").data == first.data
    another.extensions["database"].engine.dispose()


@pytest.mark.parametrize("name", ["hanoi-2026-so", "hanoi-2026-xa"])
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_both_engines_give_the_same_bytes(
    name: str, client: FlaskClient, config: Config, session: Session, postgres: PostgresCluster, migrated_postgres: str
):
    play(session, KeyRing(config.key_dir), name)
    url = postgres.create_database("twin", template=migrated_postgres)
    engine = make_engine(url)
    with Session(engine) as twin:
        play(twin, KeyRing(config.key_dir / "twin"), name)
    engine.dispose()
    app = create_app(replace(config, database_url=url))
    path = f"/rehearsals/{CODE}/results.csv"
    assert app.test_client().get(path).data == client.get(path).data
    app.extensions["database"].engine.dispose()
    postgres.drop_database("twin")


@ON_SCREEN
def test_the_csv_has_one_header_and_every_row_as_many_cells(client: FlaskClient, played: Played):
    text = client.get(f"/rehearsals/{CODE}/results.csv").text
    header, *rows = csv.reader(io.StringIO(text))
    assert header[:2] == ["purpose", "level"]
    assert {row[0] for row in rows} == {"rehearsal"}
    assert header not in rows
    assert {len(row) for row in rows} == {len(header)}


@ON_SCREEN
def test_units_stand_in_their_order_and_a_unit_without_ballots_is_not_ranked(client: FlaskClient, played: Played):
    page = read(client, f"/rehearsals/{CODE}/")
    for table in page.xpath("//main//table"):
        rows = table.xpath("./tbody/tr")
        assert len(rows) == len(played.units)
        ranks = [words(row[0]) for row in rows]
        sets = [re.fullmatch(r"(\d+) \((\d+)–(\d+)\)", rank) for rank in ranks if rank != "–"]
        ranked = [int(found[1]) for found in sets]  # every rank stands with the ranks that cannot be ruled out
        assert ranked == sorted(ranked)
        assert "–" not in ranks[: len(ranked)]  # those that are not ranked stand last
        assert all(1 <= int(found[2]) <= int(found[1]) <= int(found[3]) <= len(ranked) for found in sets)
        for row in rows:
            if row[0].text_content() == "–" and "mẫu thuận tiện" not in words(row):
                assert "không xếp hạng" in words(row)
                assert not re.search(r"\d", "".join(words(cell) for cell in row.xpath("./td")))


@ON_SCREEN
def test_every_score_says_that_its_rules_are_not_approved(client: FlaskClient, played: Played):
    page = read(client, f"/rehearsals/{CODE}/")
    sections = page.xpath("//main//section")
    assert sections
    for section in sections:
        assert section.xpath("./p//*[@class='mark']")
        assert section.xpath(".//details//li")
        for row in section.xpath(".//tbody/tr"):
            scored = row[0].text_content().strip() != "–" or "mẫu thuận tiện" in words(row)
            assert bool(row.xpath(".//*[@class='mark']")) == scored
    unit = read(client, f"/rehearsals/{CODE}/units/{played.units[0]}")
    assert len(unit.xpath("//main//h2//*[@class='mark']")) == len(unit.xpath("//main//h2"))
    for shown in (page, unit):
        assert shown.xpath("//p[@class='rehearsal']")


@ON_SCREEN
def test_numbers_have_a_comma_in_vietnamese_and_a_point_in_english(client: FlaskClient, played: Played):
    path = f"/rehearsals/{CODE}/"
    in_vietnamese, in_english = (read(client, path, language) for language in ("vi", "en"))
    for page, sign in ((in_vietnamese, ","), (in_english, r"\.")):
        cells = [words(cell) for cell in page.xpath("//tbody//td[@class='number']")]
        figures = [figure for cell in cells for figure in re.findall(r"\d+\D\d+(?!\d)", cell.split(" ")[0])]
        assert figures
        assert all(re.fullmatch(rf"\d+{sign}\d\d", figure) for figure in figures)
    numbers = [re.findall(r"\d+[,.]\d\d", words(page).replace(",", ".")) for page in (in_vietnamese, in_english)]
    assert Counter(numbers[0]) == Counter(numbers[1])


@ON_SCREEN
def test_a_unit_page_shows_its_criteria_by_group(client: FlaskClient, played: Played):
    page = read(client, f"/rehearsals/{CODE}/units/{played.units[0]}")
    for table in page.xpath("//main//table"):
        header = len(table.xpath("./thead/tr/th"))
        for row in table.xpath("./tbody/tr"):
            assert sum(int(cell.get("colspan", 1)) for cell in row) == header
    shares = [words(row[2]) for row in page.xpath("//tr[@class='criterion']")]
    assert any(re.fullmatch(r"\d+,\d\d", share) for share in shares)


@ON_SCREEN
def test_a_group_of_few_ballots_shows_no_number(client: FlaskClient, session: Session, played: Played):
    page = read(client, f"/rehearsals/{CODE}/units/{played.thin}")
    own = select(RespondentGroup.title).where(RespondentGroup.rating_scope == "own")
    thin_groups = {title["vi"] for title in session.scalars(own)}
    rows = [row for row in page.xpath("//tbody/tr") if words(row[1]) in thin_groups] if len(page) else []
    assert rows
    for row in rows:
        figures = [words(cell) for place, cell in enumerate(row) if place != 3]  # 3: the group's weight
        assert not re.search(r"\d", "".join(figures[1:]).replace(words(row[1]), ""))


def test_the_csv_shows_no_number_of_a_group_of_few_ballots(
    session: Session, csv_rows: list[dict[str, str]], played: Played
):
    own = set(session.scalars(select(RespondentGroup.code).where(RespondentGroup.rating_scope == "own")))
    thin = [row for row in csv_rows if row["unit"] == played.thin and row["respondent_group"] in own]
    assert thin
    for row in thin:
        kept = ("level", "block", "unit", "criterion", "respondent_group", "question", "rule", "reason")
        given = {name for name, value in row.items() if value and name not in kept}
        assert given <= {"purpose", "method_id", "method_version", "rules_status", "group_weight"}


@ON_SCREEN
def test_no_few_ballots_are_counted_in_the_csv(csv_rows: list[dict[str, str]], played: Played):
    counted = [row for row in csv_rows if row["level"] in ("group", "item")]
    assert counted
    for row in counted:
        for name in ("n", "n_answers"):
            assert row[name] == "" or int(row[name]) >= 5, row


@pytest.mark.parametrize(
    "path",
    ["", "results.csv", "units/H26.01", "units/none", "units/%00", "units/'"],
    ids=lambda path: path or "results",
)
def test_what_is_not_a_closed_rehearsal_has_no_results(
    client: FlaskClient, session: Session, config: Config, path: str
):
    keys = KeyRing(config.key_dir)
    make_round(session, keys, a_plan(code="real"))
    make_round(session, keys, a_plan(code="running", purpose=Purpose.REHEARSAL))
    closed = make_round(session, keys, a_plan(code="closed-real"))
    close_round(session, closed)
    session.commit()
    for code in ("real", "running", "closed-real", "none", "%00"):
        for path in ("", "results.csv", "units/U1", "units/%00"):
            assert client.get(f"/rehearsals/{code}/{path}").status_code == 404


@ON_SCREEN
def test_a_unit_that_was_not_assessed_has_no_page(client: FlaskClient, played: Played):
    for unit in ("none", "%00", "../x"):
        assert client.get(f"/rehearsals/{CODE}/units/{unit}").status_code == 404


def test_a_rehearsal_whose_box_is_not_open_yet_has_no_results(client: FlaskClient, session: Session, config: Config):
    keys = KeyRing(config.key_dir)
    plan = a_plan(code=CODE, purpose=Purpose.REHEARSAL)
    survey_round = make_round(session, keys, plan)
    cell, version = session.execute(
        select(DesignCell.id, RespondentGroup.instrument_version_id).join(
            RespondentGroup, RespondentGroup.id == DesignCell.respondent_group_id
        )
    ).one()
    key = keys.read(CODE)
    store_ballot(
        session,
        round_key=key,
        survey_round_id=survey_round.id,
        design_cell_id=cell,
        instrument_version_id=version,
        ballot_key=b"k" * 32,
        day=today(),
        answers={"speed": {"U1": "1"}},
    )
    close_round(session, survey_round)
    session.commit()
    assert client.get(f"/rehearsals/{CODE}/").status_code == 404


def test_a_rehearsal_without_a_ballot_shows_units_that_are_not_ranked(
    client: FlaskClient, session: Session, config: Config
):
    plan = read_round_plan(shipped_rounds()["hanoi-2026-so"])
    add_units(session, "hanoi", read_units(shipped_units()["hanoi"]))
    survey_round = create_round(session, replace(plan, code=CODE, purpose=Purpose.REHEARSAL), today())
    survey_round.status = Status.CLOSED
    session.commit()
    page = read(client, f"/rehearsals/{CODE}/")
    assert "không xếp hạng" in words(page) or not page.xpath("//tbody/tr")
    assert client.get(f"/rehearsals/{CODE}/results.csv").status_code == 200


def test_the_list_takes_one_statement_however_many_rehearsals_there_are(
    client: FlaskClient, session: Session, config: Config
):
    keys = KeyRing(config.key_dir)
    counts = []
    for number in range(3):
        make_round(session, keys, a_plan(code=f"r{number}", purpose=Purpose.REHEARSAL))
        session.commit()
        sent = []

        def note(_connection, _cursor, statement, *_more, sent=sent) -> None:
            if not statement.startswith("BEGIN"):
                sent.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        assert client.get("/rehearsals/").status_code == 200
        event.remove(Engine, "before_cursor_execute", note)
        counts.append(len(sent))
    assert counts == [1, 1, 1]


@ON_SCREEN
def test_results_are_reckoned_once(client: FlaskClient, app: flask.Flask, played: Played):
    client.get(f"/rehearsals/{CODE}/")
    (scored,) = app.extensions["scored_rounds"].values()
    client.get(f"/rehearsals/{CODE}/results.csv")
    assert next(iter(app.extensions["scored_rounds"].values())) is scored


@pytest.mark.parametrize(
    ("rule", "in_vietnamese", "in_english"),
    [
        ("shown", "chỉ để xem, không có quyền số riêng", "shown only, with no weight of its own"),
        ("no_weight", "không có quyền số", "no weight"),
        ("counted_zero", "tính 0 điểm", "counted as 0 points"),
        ("below_min_ballots", "dưới số phiếu tối thiểu", "fewer ballots than the minimum"),
        (
            "group_left_out_of_block",
            "không tính trong cả khối: có đơn vị thiếu phiếu",
            "left out for the whole block: a unit has too few ballots",
        ),
        (
            "criterion_left_out_of_block",
            "tiêu chí không tính trong cả khối: có đơn vị thiếu phiếu",
            "criterion left out for the whole block: a unit has too few ballots",
        ),
        ("a_new_rule", "a_new_rule", "a_new_rule"),
    ],
)
def test_every_rule_has_its_own_words_and_a_new_one_claims_nothing(
    app: flask.Flask, rule: str, in_vietnamese: str, in_english: str
):
    for language, expected in (("vi", in_vietnamese), ("en", in_english)):
        with app.test_request_context(headers={"Cookie": f"lang={language}"}):
            macro = flask.get_template_attribute("results/macros.html", "rule_words")
            assert words(html.fromstring(f"<p>{macro(rule)}</p>")) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.5, "0,5"), (12.0, "12"), (2.25, "2,25"), (0.1 + 0.2, "0,3")])
def test_points_at_stake_are_written_as_short_as_they_are(app: flask.Flask, value: float, expected: str):
    with app.test_request_context():
        assert app.jinja_env.filters["shortest"](value) == expected


@pytest.fixture
def communes(session: Session, config: Config) -> Played:
    return play(session, KeyRing(config.key_dir), "hanoi-2026-xa")


def ruled(session: Session, old: str, new: str, method: str) -> ScoredRound:
    """The scores of the rehearsal with other words in one of its methods."""
    survey_round = session.scalars(select(SurveyRound)).one()
    texts = [re.sub(old, new, text, flags=re.MULTILINE) if method in text else text for text in survey_round.methods]
    assert texts != survey_round.methods
    survey_round.methods = texts
    session.flush()
    return score_round(session, CODE)


@ON_SCREEN
def test_what_came_through_posters_is_shown_apart(client: FlaskClient, communes: Played):
    for language, said in (
        ("vi", "mẫu thuận tiện: không có sai số, không xếp hạng"),
        ("en", "convenience sample: no margin of error, not ranked"),
    ):
        page = read(client, f"/rehearsals/{CODE}/", language)
        rows = [row for row in page.xpath("//tbody/tr") if said in words(row)]
        assert rows
        for row in rows:
            assert words(row[0]) == "–"
            assert len(re.findall(r"\d+[,.]\d\d", words(row))) == 1  # the index, without error and interval
        header = len(rows[0].xpath("ancestor::table/thead/tr/th"))
        assert {sum(int(cell.get("colspan", 1)) for cell in row) for row in rows} == {header}


@ON_SCREEN
def test_what_came_through_posters_feeds_no_other_method(session: Session, communes: Played):
    (_, sipas), (_, points) = score_round(session, CODE).runs
    assert set(sipas.by_unit["status"]) == {"convenience", "not_ranked"}
    assert sipas.by_unit["rank"].isna().all()
    assert "component" not in set(points.by_criterion["rule"])
    assert not any(":" in rule.path for rule in points.assumed_rules)


@ON_SCREEN
def test_a_method_fed_by_another_is_no_more_settled_than_that_one(session: Session, communes: Played):
    ruled(session, "rule: apart", "rule: feeds", "sipas_2026")
    approved = r"\1status: approved\n\1number: '1'\n\1date: 2026-01-01"
    (_, sipas), (_, points) = ruled(session, r"^( +)status: assumed", approved, "id: dtxhh").runs
    assert "component" in set(points.by_criterion["rule"])
    assert points.rules_status == "assumed"
    assert {f"sipas_2026: {rule.path}" for rule in sipas.assumed_rules} <= {rule.path for rule in points.assumed_rules}
    assert "open_links" in {rule.path for rule in sipas.assumed_rules}


@ON_SCREEN
def test_bonus_points_can_be_given_for_a_round(session: Session, communes: Played):
    before = score_round(session, CODE).runs[-1][1].by_unit.set_index("unit")
    unit = before["index"].dropna().index[0]
    rows = pd.DataFrame({"unit": [unit], "component": ["diem_thuong"], "value": ["1.5"]})
    after = score_round(session, CODE, rows).runs[-1][1].by_unit.set_index("unit")
    assert after.loc[unit, "bonus"] == 1.5
    assert after.loc[unit, "index"] == pytest.approx(before.loc[unit, "index"] + 1.5)
    with pytest.raises(TableError, match="nowhere"):
        score_round(session, CODE, rows.assign(unit="nowhere"))
    with pytest.raises(TableError, match="sipas"):
        score_round(session, CODE, rows.assign(component="sipas"))
