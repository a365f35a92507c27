"""Forgetting the people of rounds that ended long ago."""

from __future__ import annotations

import click

from survey_app.cli.setup import instance
from survey_app.clock import today
from survey_app.jobs.purging import Due, due_rounds, purge_due
from survey_app.retention import retention_of
from survey_app.services.purging import Purged

OBSTACLES = {
    "still_open": "đợt chưa kết thúc / the round is not closed",
    "payments_open": "còn danh sách chi trả chưa khóa / a payment list is not closed",
    "requests_open": "còn yêu cầu về dữ liệu cá nhân chưa trả lời / a request about personal data is not answered",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what is due; destroy nothing.")
def purge(dry_run: bool) -> None:
    """Destroy names, addresses and files of people of the rounds that ended long enough ago. It cannot be undone.

    The worker does it every night; how long is kept stands in data/retention.yaml. Ballots and scores stay.
    """
    found = instance()
    due = ((one, None) for one in due_rounds(found, today())) if dry_run else purge_due(found, today())
    said = [_say(one, purged) for one, purged in due]
    if not said:
        click.echo("Không có gì đến hạn xóa / nothing is due.")


def _say(one: Due, purged: Purged | None) -> None:
    click.echo(f"{one.held.code}: hạn / due {one.due_on:%d/%m/%Y} ({retention_of(one.held.city).days} ngày / days)")
    for code in one.obstacles:
        click.echo(f"  chưa xóa được / cannot be purged yet: {OBSTACLES[code]}", err=True)
    if purged:
        click.echo(f"  đã xóa / purged: {purged.contacts} người / people, {purged.files} tệp / files")
    elif not one.obstacles:
        click.echo(f"  sẽ xóa / would go: {one.held.n_contacts} người / people, {one.held.n_files} tệp / files")
