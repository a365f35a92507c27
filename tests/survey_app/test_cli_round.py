"""Rounds from the terminal, as `survey` runs them: what is refused is said in words, and nothing is half done."""

import csv
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from rounds import UNITS, Browser, form, people
from ruamel.yaml import YAML
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from survey_app import cli
from survey_app.app import create_app
from survey_app.cli import round as round_commands
from survey_app.clock import today
from survey_app.config import Config
from survey_app.models.ballots import Ballot
from survey_app.models.roll import DesignCell, Invitee, OutgoingFile
from survey_app.models.rounds import RespondentGroup, Status, SurveyRound

TEXTS = {"vi": "Đợt thử", "en": "A trial"}


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def survey(config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> Callable[..., Ended]:
    """The command, in this process, with the environment of this test's instance."""
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["survey", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capfd.readouterr()
        assert "Traceback" not in shown.err
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, shown.out, shown.err)

    return run


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    """A small round of staff with links, people of units, and posters."""
    (tmp_path / "form.yaml").write_text(form(), encoding="utf-8")
    group = {"title": TEXTS, "instrument": "form.yaml"}
    plan = {
        "code": "thu",
        "city": "somewhere",
        **dict.fromkeys(("title", "asked_by", "contact", "legal_basis", "results_when"), TEXTS),
        "opens_on": today() - timedelta(days=1),
        "closes_on": today() + timedelta(days=9),
        "blocks": ["small"],
        "methods": [],
        "min_cell": 4,
        "groups": [
            {"code": "staff", "mode": "personal_link", "rating_scope": "all_units", **group},
            {"code": "own", "mode": "personal_link", "rating_scope": "own", **group},
            {"code": "citizens", "mode": "open_link", "rating_scope": "own", **group},
        ],
    }
    with (tmp_path / "round.yaml").open("w", encoding="utf-8") as out:
        YAML(typ="safe").dump(plan, out)
    return tmp_path / "round.yaml"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    rows = [f"{unit},Đơn vị {unit},so,small,made up" for unit in UNITS]
    path = tmp_path / "units.csv"
    path.write_text("\n".join(["unit_code,name,unit_type,block,source_note", *rows]), encoding="utf-8")
    return path


@pytest.fixture
def created(survey: Callable[..., Ended], definition: Path, units: Path) -> str:
    ended = survey("round", "create", definition, "--units", units)
    assert ended == Ended(0, "thu: dự thảo / draft\n", "")
    return "thu"


def listed(path: Path, *rows: str, header: str = "ref,own_unit") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def filled(survey: Callable[..., Ended], created: str, tmp_path: Path) -> str:
    """The round with everybody invited."""
    staff = listed(tmp_path / "staff.csv", *(f"a{person.ref}," for person in people(12)))
    own = listed(tmp_path / "own.csv", *(f"b{number},{UNITS[number % 4]}" for number in range(20)))
    assert "12" in survey("round", "invite", created, "staff", staff).out
    assert "20" in survey("round", "invite", created, "own", own).out
    return created


def invited(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Invitee))


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_a_round_from_its_definition_to_its_close(
    survey: Callable[..., Ended], filled: str, session: Session, config: Config, tmp_path: Path
):
    assert survey("round", "check", filled).code == 0
    assert survey("round", "open", filled) == Ended(0, "thu: đang mở / open\n", "")
    out = tmp_path / "links.csv"
    written = survey("round", "links", filled, out, "--base-url", "https://x.example/")
    assert written.code == 0
    assert written.out.startswith("36 ")
    with out.open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["group"] for row in rows] == ["staff"] * 12 + ["own"] * 20 + ["citizens"] * 4
    assert all(row["url"].startswith("https://x.example/") for row in rows)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    app = create_app(config)
    for row in (rows[0], rows[12], rows[-1]):
        browser = Browser(app.test_client())
        assert browser.answer(row["url"].removeprefix("https://x.example")).status == 200
    app.extensions["database"].engine.dispose()
    closed = survey("round", "close", filled, "--yes")
    said = f"đã hủy / destroyed: {out}\nthu: đã kết thúc, khóa đã hủy / closed, key destroyed\n"
    assert closed == Ended(0, said, "")
    session.rollback()
    assert len(session.scalars(select(Ballot.answers).where(Ballot.answers.is_not(None))).all()) == 3
    assert session.scalar(select(SurveyRound.status)) == Status.CLOSED
    assert not list(config.key_dir.glob("*.key"))  # that of contacts stays until they are purged
    assert not out.exists()


def test_the_list_counts_people_and_ballots_in_steps(survey: Callable[..., Ended], filled: str):
    ended = survey("round", "list")
    assert ended.code == 0
    assert filled in ended.out
    assert "draft" in ended.out
    assert "32 mời / invited" in ended.out
    assert "≥ 0" in ended.out


def test_a_list_of_no_rounds_is_empty(survey: Callable[..., Ended]):
    assert survey("round", "list") == Ended(0, "", "")


def test_a_shipped_round_needs_only_its_name(survey: Callable[..., Ended], session: Session):
    assert survey("round", "create", "hanoi-2026-so").code == 0
    assert session.scalar(select(SurveyRound.code)) == "hanoi-2026-so"


# --- refusals --------------------------------------------------------------------------------------------------------


def refused(ended: Ended, *words: str) -> None:
    assert ended.code == 1
    assert ended.out == ""
    for word in words:
        assert word in ended.err


def test_a_round_is_created_once(survey: Callable[..., Ended], created: str, definition: Path, config: Config):
    key = (config.key_dir / "thu.key").read_bytes()
    refused(survey("round", "create", definition), "thu", "already")
    assert (config.key_dir / "thu.key").read_bytes() == key


def test_a_definition_with_faults_creates_nothing(
    survey: Callable[..., Ended], definition: Path, session: Session, config: Config
):
    text = definition.read_text("utf-8")
    definition.write_text(text.replace("personal_link", "pigeon").replace("min_cell: 4", "min_cell: 0"), "utf-8")
    refused(survey("round", "create", definition), "groups[0].mode", "groups[1].mode", "min_cell")
    refused(survey("round", "create", "nowhere.yaml"), "nowhere.yaml", "hanoi-2026-so")
    assert session.scalar(select(SurveyRound.id)) is None
    assert not config.key_dir.exists()


def test_a_city_without_units_is_refused(survey: Callable[..., Ended], definition: Path):
    refused(survey("round", "create", definition), "somewhere", "small")


def test_the_key_of_another_round_is_not_taken_over(
    survey: Callable[..., Ended], definition: Path, units: Path, config: Config, session: Session
):
    config.key_dir.mkdir()
    (config.key_dir / "thu.key").write_bytes(b"k" * 32)
    refused(survey("round", "create", definition, "--units", units), "thu.key", "nothing was created")
    assert (config.key_dir / "thu.key").read_bytes() == b"k" * 32
    assert session.scalar(select(SurveyRound.id)) is None


def test_a_round_that_could_not_be_written_leaves_no_key_behind(
    survey: Callable[..., Ended], definition: Path, units: Path, config: Config, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as failing:
        failing.setattr(Session, "commit", disk_full)
        refused(survey("round", "create", definition, "--units", units), "disk full")
    assert not list(config.key_dir.rglob("*.key"))
    assert survey("round", "create", definition, "--units", units).code == 0
    assert {str(path.relative_to(config.key_dir)) for path in config.key_dir.rglob("*.key")} == {
        "thu.key",
        "contacts/thu.key",
    }


def disk_full(_session: Session) -> None:
    raise OSError("disk full")


@pytest.mark.parametrize(
    ("header", "rows", "faults"),
    [
        ("name,own_unit", ["a,U1"], ["row 1", "column ref"]),
        (
            "ref,own_unit",
            ["1,U1", ",U1", " ,U2", "1,U1"],
            ["row 3, cột / column ref", "row 4, cột", "row 5, cột", "1 có"],
        ),
        ("own_unit,ref", ["U1,1", "U1"], ["row 3, cột / column ref"]),
        ("ref,own_unit", ["1,U1", "", "1,U1"], ["row 4, cột / column ref"]),
        (
            "ref,own_unit",
            ["1,U1", "2,U9", "3,"],
            ["row 3, cột / column own_unit", "U9", "row 4, cột / column own_unit"],
        ),
        ("ref;own_unit", ["1;U1", "1;U1"], ["row 3, cột / column ref"]),
        ("ref,own_unit", [], ["own"]),
    ],
)
def test_faults_in_a_list_of_people_are_named_by_row_and_column(
    survey: Callable[..., Ended], created: str, session: Session, tmp_path: Path, header, rows, faults
):
    path = listed(tmp_path / "people.csv", *rows, header=header)
    refused(survey("round", "invite", created, "own", path), *faults)
    assert invited(session) == 0


def test_a_list_of_people_in_another_encoding_is_refused(
    survey: Callable[..., Ended], created: str, session: Session, tmp_path: Path
):
    path = tmp_path / "people.csv"
    path.write_text("ref,own_unit\nĐ1,U1\n", encoding="utf-16")
    refused(survey("round", "invite", created, "own", path), "UTF-8")
    assert invited(session) == 0


@pytest.mark.parametrize(
    "text", ["\ufeffref,own_unit\n1,U1\n", "ref;own_unit\n1;U1\n", 'ref,own_unit,x\r\n"1",U1,y\r\n']
)
def test_lists_as_spreadsheets_write_them_are_read(
    survey: Callable[..., Ended], created: str, session: Session, tmp_path: Path, text: str
):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode())
    assert survey("round", "invite", created, "own", path).code == 0
    assert invited(session) == 1


def test_the_draw_is_printed_as_it_is_noted(
    survey: Callable[..., Ended], created: str, session: Session, tmp_path: Path
):
    path = listed(tmp_path / "people.csv", *(f"a{person.ref}," for person in people(12)))
    ended = survey("round", "invite", created, "staff", path, "--seed", 41)
    group = session.scalars(select(RespondentGroup).where(RespondentGroup.code == "staff")).one()
    assert group.draw_seed == 41
    assert f"seed 41, SHA-256 {group.list_sha256}" in ended.out
    assert survey("round", "invite", created, "own", path, "--seed", 2**31).code == 2


def test_what_the_roll_refuses_is_said(survey: Callable[..., Ended], filled: str, session: Session, tmp_path: Path):
    path = listed(tmp_path / "more.csv", "c1,U1")
    refused(survey("round", "invite", filled, "own", path), "own")
    refused(survey("round", "invite", filled, "citizens", path), "citizens")
    refused(survey("round", "invite", filled, "nobody", path), "nobody", "staff, own, citizens")
    refused(survey("round", "invite", "none", "own", path), "none")
    assert invited(session) == 32


def test_a_number_of_another_group_is_refused(
    survey: Callable[..., Ended], created: str, session: Session, tmp_path: Path
):
    path = listed(tmp_path / "people.csv", "1,U1")
    assert survey("round", "invite", created, "own", path).code == 0
    refused(survey("round", "invite", created, "staff", path), "staff", "ref")
    assert invited(session) == 1


def test_a_round_in_which_somebody_could_be_told_apart_does_not_open(
    survey: Callable[..., Ended], created: str, session: Session, tmp_path: Path
):
    for act in ("check", "open"):
        refused(survey("round", act, created), "staff, own")
    survey("round", "invite", created, "staff", listed(tmp_path / "s.csv", *(f"a{n}," for n in range(12))))
    survey("round", "invite", created, "own", listed(tmp_path / "o.csv", *(f"b{n},U2" for n in range(3))))
    for act in ("check", "open"):
        refused(survey("round", act, created), "own / U2: 3", "pool")
    assert session.scalar(select(SurveyRound.status)) == Status.DRAFT


@pytest.mark.parametrize("act", ["check", "open", "close", "links"])
@pytest.mark.parametrize("code", ["none", "../x", ""])
def test_a_round_that_is_not_there_is_said_so(survey: Callable[..., Ended], tmp_path: Path, act: str, code: str):
    more = {"close": ["--yes"], "links": [tmp_path / "x.csv", "--base-url", "http://x"]}.get(act, [])
    refused(survey("round", act, code, *more), "no round has this code")


def test_only_an_open_round_is_closed(survey: Callable[..., Ended], filled: str, config: Config):
    refused(survey("round", "close", filled, "--yes"), "thu")
    assert (config.key_dir / "thu.key").exists()
    survey("round", "open", filled)
    for act in ("check", "open"):
        refused(survey("round", act, filled), "draft")
    assert survey("round", "close", filled, "--yes").code == 0
    refused(survey("round", "open", filled), "draft")


def test_closing_asks_first(survey: Callable[..., Ended], filled: str, session: Session, monkeypatch):
    survey("round", "open", filled)
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        ended = survey("round", "close", filled)
    assert ended.code != 0
    session.rollback()
    assert session.scalar(select(SurveyRound.status)) == Status.OPEN


# --- files with links ------------------------------------------------------------------------------------------------


def test_links_go_into_files_of_two_kinds_only(survey: Callable[..., Ended], filled: str, tmp_path: Path):
    refused(survey("round", "links", filled, tmp_path / "links.pdf", "--base-url", "http://x"), ".csv, .html")
    refused(survey("round", "links", filled, tmp_path / "no" / "links.csv", "--base-url", "http://x"), "links.csv")
    assert survey("round", "links", filled, tmp_path / "links.html", "--base-url", "http://x").code == 0
    assert "<svg" in (tmp_path / "links.html").read_text("utf-8")


@pytest.mark.parametrize("address", ["khaosat.hanoi.gov.vn", "ftp://x", "https://", "/x", ""])
def test_links_need_an_address_of_the_web(survey: Callable[..., Ended], filled: str, tmp_path: Path, address: str):
    refused(survey("round", "links", filled, tmp_path / "l.csv", "--base-url", address), "http://", "--base-url")
    assert not (tmp_path / "l.csv").exists()


def test_links_are_noted_before_they_are_written_and_no_lock_is_held_meanwhile(
    survey: Callable[..., Ended], filled: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def write(*_arguments: object) -> int:
        session.rollback()
        assert session.scalar(select(OutgoingFile.path)) == str(tmp_path / "l.html")
        session.execute(update(OutgoingFile).values(made_on=OutgoingFile.made_on))  # a writer gets his turn at once
        session.commit()
        return 36

    monkeypatch.setattr(round_commands, "write_links", write)
    session.execute(text("PRAGMA busy_timeout = 0" if session.bind.dialect.name == "sqlite" else "SELECT 1"))
    assert survey("round", "links", filled, tmp_path / "l.html", "--base-url", "http://x").code == 0


def test_a_file_that_could_not_be_written_whole_is_removed_with_its_note(
    survey: Callable[..., Ended], filled: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def write(_session: Session, _round: SurveyRound, _key: bytes, path: Path, _url: str) -> int:
        path.write_text("half of th", encoding="utf-8")
        raise OSError("disk full")

    with monkeypatch.context() as failing:
        failing.setattr(round_commands, "write_links", write)
        out = tmp_path / "l.csv"
        refused(survey("round", "links", filled, out, "--base-url", "http://x"), str(out), "removed", "disk full")
    assert not out.exists()
    assert session.scalar(select(OutgoingFile.path)) is None
    session.rollback()
    assert survey("round", "links", filled, out, "--base-url", "http://x").code == 0


def test_files_that_have_expired_are_destroyed(
    survey: Callable[..., Ended], filled: str, session: Session, tmp_path: Path
):
    out = tmp_path / "links.csv"
    survey("round", "links", filled, out, "--base-url", "http://x")
    assert survey("round", "destroy-files") == Ended(0, "", "")
    yesterday = today() - timedelta(days=1)
    session.execute(update(OutgoingFile).values(made_on=yesterday, expires_on=yesterday))
    session.commit()
    assert str(out) in survey("round", "destroy-files").out
    assert not out.exists()
    assert survey("round", "destroy-files") == Ended(0, "", "")


# --- the database ----------------------------------------------------------------------------------------------------


def test_a_database_without_tables_says_what_makes_them(
    empty_engine_url: str, config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
):
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", empty_engine_url)
    for words, code, said in (
        (["round", "list"], 1, "survey migrate"),
        (["serve", "--port", "1"], 1, "survey migrate"),
        (["migrate"], 0, "up to date"),
        (["migrate"], 0, "up to date"),
        (["round", "list"], 0, ""),
    ):
        monkeypatch.setattr(sys, "argv", ["survey", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capfd.readouterr()
        assert (ended.value.code or 0) == code
        assert said in shown.out + shown.err
        assert "SELECT" not in shown.err


def test_the_cells_of_a_round_stay_as_they_were_dealt(survey: Callable[..., Ended], filled: str, session: Session):
    sizes = session.execute(select(DesignCell.code, DesignCell.n_invited).order_by(DesignCell.id)).all()
    assert {(code, n) for code, n in sizes if n} == {("all", 12), *((unit, 5) for unit in UNITS)}
