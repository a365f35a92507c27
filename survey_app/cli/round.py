"""Rounds from the terminal: create, invite, write links, open, close."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
from sqlalchemy.orm import Session

from sampling.assignment import AssignmentError
from survey_app.cli.refusals import fate_in_words
from survey_app.cli.setup import Instance, committing, instance
from survey_app.clock import today
from survey_app.definitions import read_round_plan, read_units, shipped_rounds, shipped_units
from survey_app.jobs import closing
from survey_app.letters import write_links
from survey_app.models.base import LARGEST_NUMBER
from survey_app.models.rounds import Mode, SurveyRound
from survey_app.queries.rounds import group_by_code, round_by_code, rounds_with_counts
from survey_app.round_words import obstacles_in_words
from survey_app.services import opening, roll, rounds, stages
from survey_app.services.keys import made_key

EMPTY = "trống / empty"
SEED = click.IntRange(0, LARGEST_NUMBER)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(name="round")
def round_() -> None:
    """Create, open and close survey rounds; invite people; write links and posters."""


@round_.command()
@click.argument("definition")
@click.option("--units", type=FILE, help="The city's units as CSV; without it, the list that comes with the platform.")
def create(definition: str, units: Path | None) -> None:
    """Create a round in draft from DEFINITION, a YAML file or the name of one that comes with the platform.

    Example: survey round create hanoi-2026-so
    """
    found = instance()
    plan = read_round_plan(shipped_rounds().get(definition, Path(definition)))
    with committing(found) as session:
        city_units = units or shipped_units().get(plan.city)
        if city_units:
            rounds.add_units(session, plan.city, read_units(city_units))
        made = rounds.create_round(session, plan, today())
        for group in made.groups:
            if group.mode == Mode.OPEN_LINK:
                roll.open_posters(session, made, group)
        session.flush()
        try:
            made_key(session, found.keys, made.code)
            made_key(session, found.contact_keys, made.code)
        except FileExistsError as error:
            raise click.ClickException(
                f"{error.filename}: đã có khóa của một đợt khác cùng mã, chưa tạo gì / "
                "this is the key of another round of the same code, nothing was created"
            ) from error
    click.echo(f"{plan.code}: dự thảo / draft")


@round_.command("list")
def list_() -> None:
    """Show every round with its state, people invited and ballots, in steps of k."""
    found = instance()
    with found.database.statements() as session:
        for row in rounds_with_counts(session):
            click.echo(
                f"{row.code:32} {row.purpose:10} {row.status:7} {row.opens_on:%d/%m/%Y}–{row.closes_on:%d/%m/%Y}"
                f"  {row.n_invited} mời / invited  ≥ {row.n_ballots} phiếu / ballots"
            )


@round_.command()
@click.argument("code")
@click.argument("group")
@click.argument("people", type=FILE)
@click.option("--seed", type=SEED, default=2026, show_default=True, help="Decides who shares which booklet.")
def invite(code: str, group: str, people: Path, seed: int) -> None:
    """Put PEOPLE, a CSV with the columns ref and own_unit, on the roll of a GROUP.

    ref is your own number for the person; own_unit is the code of the unit he or she belongs to (may be empty where
    the group rates all units). The seed and the hash of the list are noted: with the list they give the same booklets.
    """
    found = instance()
    with committing(found) as session:
        survey_round = round_by_code(session, code)
        invited = group_by_code(survey_round, group)
        listed = read_people(people)
        try:
            n = roll.invite(
                session, survey_round, invited, list(listed.values()), round_key=found.keys.read(code), seed=seed
            )
        except AssignmentError as error:
            if error.code != "unknown_own_unit":
                raise
            raise _unknown_units(people, listed, error.params["units"]) from error
        draw = f"seed {invited.draw_seed}, SHA-256 {invited.list_sha256}"
    click.echo(f"{code}/{group}: {n} người được mời / invited")
    click.echo(f"  chia phiếu theo / dealt by: {draw}")


@round_.command()
@click.argument("code")
def check(code: str) -> None:
    """Say whether a round could be opened, and if not, why: who is not invited, which anonymity cells are too small."""
    found = instance()
    with found.database.statements() as session:
        _require_openable(session, round_by_code(session, code))
    click.echo("Có thể mở: mọi ô ẩn danh đều đủ người / it can be opened: every anonymity cell is large enough.")


@round_.command("open")
@click.argument("code")
def open_(code: str) -> None:
    """Open a round, unless an anonymity cell is too small."""
    with committing(instance()) as session:
        survey_round = round_by_code(session, code)
        _require_openable(session, survey_round)
        opening.open_round(session, survey_round)
    click.echo(f"{code}: đang mở / open")


def _require_openable(session: Session, survey_round: SurveyRound) -> None:
    """Refuse what the page of a round refuses: small cells first, then what its draft lacks."""
    refused = opening.refusal(session, survey_round)
    if refused:
        raise refused
    found = stages.obstacles(session, survey_round, today())
    if found:
        raise click.ClickException("\n".join(obstacles_in_words(found, {})))


@round_.command()
@click.argument("code")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--base-url", required=True, help="Where respondents reach the platform, e.g. https://khaosat.hanoi.gov.vn"
)
def links(code: str, out: Path, base_url: str) -> None:
    """Write the personal links and posters of a round to OUT, .csv for a mail merge or .html with QR codes to print.

    The file names people beside their codes: it is noted, and `survey round destroy-files` removes it in 30 days.
    """
    if out.suffix not in (".csv", ".html"):
        raise click.ClickException(f"{out}: tên tệp phải kết thúc bằng / the name must end in .csv, .html")
    if not re.match(r"https?://[^/]", base_url):
        raise click.ClickException(
            f"--base-url {base_url}: phải bắt đầu bằng http:// hoặc https:// / must start with http:// or https://"
        )
    found = instance()
    out = out.resolve()
    with found.database.statements() as session:  # holds no lock while thousands of QR codes are drawn
        survey_round = round_by_code(session, code)
        round_key = found.keys.read(code)
        with noted_file(found, code, out) as expires_on:
            n = write_links(session, survey_round, round_key, out, base_url.rstrip("/"))
    click.echo(f"{n} đường liên kết / links → {out} (hủy ngày / to be destroyed on {expires_on:%d/%m/%Y})")


@contextmanager
def noted_file(found: Instance, code: str, path: Path) -> Iterator[date]:
    """A file with links that is noted before it is written, so that none lies about unknown; when it expires.

    If it cannot be written, what there is of it goes, and the note with it.
    """
    with committing(found) as session:
        expires_on = roll.note_outgoing_file(session, round_by_code(session, code), path, today()).expires_on
    try:
        yield expires_on
    except BaseException:
        with committing(found) as session:
            roll.take_back_outgoing_file(session, path)
        click.echo(f"{path}: chưa ghi được, đã xóa / could not be written, and was removed", err=True)
        raise


@round_.command("destroy-files")
def destroy_files() -> None:
    """Remove the files with links that have expired. One that is not found is named every time until it is found."""
    with committing(instance()) as session:
        removals = roll.destroy_outgoing_files(session, today())
    say_removals(removals)


def say_removals(removals: Iterable[roll.Removal]) -> None:
    """What became of files with links: the destroyed on the way of results, the others on the way of errors."""
    for removal in removals:
        click.echo(fate_in_words(removal), err=removal.fate != roll.Fate.DESTROYED)


@round_.command()
@click.argument("code")
@click.confirmation_option(
    prompt="Kết thúc đợt điều tra, hủy khóa? Không thể hoàn tác / close the round and destroy its key? No way back."
)
def close(code: str) -> None:
    """Close a round: no more ballots, links lead to no ballot any more, the key is destroyed. It cannot be undone."""
    close_and_forget(code)
    click.echo(f"{code}: đã kết thúc, khóa đã hủy / closed, key destroyed")


def close_and_forget(code: str) -> None:
    """Close a round, and say what became of files with links; see ``survey_app.jobs.closing``."""
    closing.close_and_forget(instance(), code, tell=say_removals)


def read_people(path: Path) -> dict[int, roll.Person]:
    """The people in a CSV file by row, or every fault in it by row and column. Comma or semicolon separates."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, [f"không phải UTF-8 / not UTF-8: {error.reason}"]) from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ","
    )
    if "ref" not in (reader.fieldnames or ()):
        raise _refused(path, ["dòng / row 1: thiếu cột / missing column ref (and own_unit)"])
    people = {}
    for row in reader:
        people[reader.line_num] = roll.Person((row["ref"] or "").strip(), (row.get("own_unit") or "").strip())
    faults, seen = [], set()
    for number, person in people.items():
        if not person.ref:
            faults.append(f"dòng / row {number}, cột / column ref: {EMPTY}")
        elif person.ref in seen:
            faults.append(f"dòng / row {number}, cột / column ref: {person.ref} có hai lần / stands twice")
        seen.add(person.ref)
    if faults:
        raise _refused(path, faults)
    return people


def _unknown_units(path: Path, people: dict[int, roll.Person], unknown: Collection[str]) -> click.ClickException:
    """The refusal of people whose own unit is none of the round's."""
    return _refused(
        path,
        [
            f"dòng / row {number}, cột / column own_unit: "
            + (f"đợt điều tra không có đơn vị / the round has no unit {person.own_unit}" if person.own_unit else EMPTY)
            for number, person in people.items()
            if person.own_unit in unknown
        ],
    )


def _refused(path: Path, faults: list[str]) -> click.ClickException:
    return click.ClickException("\n".join([f"{path}: không nhập gì / nothing was imported", *faults]))
