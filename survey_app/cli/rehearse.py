"""``survey rehearse``: play respondents over HTTP into a rehearsal of a round."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from survey_app.cli.round import close_and_forget
from survey_app.cli.setup import instance
from survey_app.rehearsal import Report, Script, run
from survey_app.rehearsal.casting import TooFewInvited
from survey_app.rehearsal.report import Processor, Times
from survey_app.rehearsal.server import ServerDidNotStart

SHARE = click.FloatRange(0, 1)


@click.command()
@click.argument("round_code", metavar="ROUND")
@click.option("--respondents", type=click.IntRange(1), default=200, show_default=True)
@click.option("--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Respondents at a time.")
@click.option("--url", default="", help="A server that shares this database and these keys; else one is started.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Of the server that is started.")
@click.option("--abandon", type=SHARE, default=0.1, show_default=True, help="Share that leaves and comes back.")
@click.option("--retry", type=SHARE, default=0.1, show_default=True, help="Share that sends pages and ballot twice.")
@click.option("--seed", type=int, default=2026, show_default=True)
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write every figure here.")
@click.option("--close", is_flag=True, help="Close the rehearsal afterwards, so that it can be scored.")
def rehearse(
    *,
    round_code: str,
    respondents: int,
    concurrency: int,
    url: str,
    workers: int,
    abandon: float,
    retry: float,
    seed: int,
    json_path: Path | None,
    close: bool,
) -> None:
    """Play whole respondents through the real pages into a rehearsal of ROUND, whose ballots can never count.

    Prints how fast it was and whether what was acknowledged is what is stored; ends with 1 if it is not.
    """
    signal.signal(signal.SIGTERM, _leave)  # so that the server that was started ends with this
    script = Script(respondents, concurrency, abandon=abandon, retry=retry, seed=seed)
    try:
        report = run(instance().config, round_code, script, url=url.rstrip("/"), workers=workers, progress=_progress)
    except TooFewInvited as error:
        raise click.ClickException(f"Không đủ người được mời / not so many people are invited: {error}") from error
    except ServerDidNotStart as error:
        raise click.ClickException(f"Máy chủ không khởi động được / the server did not start:\n{error}") from error
    for line in lines(report):
        click.echo(line)
    if json_path:
        json_path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if close:
        close_and_forget(report.round_code)
        click.echo(f"{report.round_code}: đã kết thúc, khóa đã hủy / closed, key destroyed")
    if not report.passed:
        sys.exit(1)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _progress(done: int, of: int) -> None:
    """A count on a terminal; nothing in a file."""
    if sys.stderr.isatty():
        click.echo(f"\r{done}/{of}", nl=done == of, err=True)


def lines(report: Report) -> Iterator[str]:
    """The report in words."""
    visit = report.first_visit
    yield f"{report.round_code} ({report.engine}): diễn tập / rehearsal"
    yield (
        f"{report.completed} phiếu / ballots, {report.concurrency} người cùng lúc / at a time, {report.seconds:.1f} s: "
        f"{report.completes_per_second:.1f} phiếu / completes/s, {report.requests_per_second:.0f} requests/s"
    )
    yield (
        f"bỏ dở rồi làm tiếp / left and resumed {report.resumed}; gửi lại / sent again {report.retried}; "
        f"sửa lỗi / corrected {report.corrected}; bỏ cuộc / gave up {len(report.stuck)}"
    )
    yield (
        f"yêu cầu mỗi phiếu / requests per completed ballot: {report.requests_per_ballot:.1f} + "
        f"{report.static_per_ballot:.1f} tệp tĩnh / static files"
    )
    for group, n in report.plain_requests:
        yield f"  {group}: {n} (không vướng / without detours)"
    yield (
        f"lượt mở đầu / first visit: {visit.requests} requests, {visit.kilobytes:.1f} KB; trong đó tệp tĩnh / of which "
        f"static files: {visit.static_requests}, {visit.static_kilobytes:.1f} KB"
    )
    yield from _processor_lines(report.processor)
    yield f"{'ms':12}{'n':>9}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}{'KB':>9}"
    for row in (*report.times, report.all_times):
        yield _times_line(row)
    for problem, n in report.lost:
        yield f"không được trả lời / not answered: {problem} × {n}"
    yield from (f"bỏ cuộc / gave up: {reason}" for reason in report.stuck[:10])
    yield from (f"đã lưu mà không hiện lại / saved, but not shown again: {name}" for name in report.lost_answers[:10])
    yield from _check_lines(report)


def _processor_lines(processor: Processor) -> Iterator[str]:
    def written(value: float | None) -> str:
        return "không đo được / cannot be measured here" if value is None else f"{value:.1f} ms"

    yield f"CPU máy chủ mỗi phiếu / server CPU per completed ballot: {written(processor.total_ms)}"
    if processor.database_is_apart:
        yield f"  granian {written(processor.server_ms)}, PostgreSQL {written(processor.database_ms)}"
    yield f"  (máy đo / the measuring client: {written(processor.client_ms)})"


def _times_line(row: Times) -> str:
    figures = (row.p50, row.p95, row.p99, row.longest)
    return f"{row.kind:12}{row.n:9}" + "".join(f"{figure:9.1f}" for figure in figures) + f"{row.kilobytes:9.1f}"


def _check_lines(report: Report) -> Iterator[str]:
    found = report.check
    yield (
        f"đã xác nhận / acknowledged {found.acknowledged}, trong thùng / stored {found.stored}: "
        f"thiếu / missing {found.missing}, trùng / doubled {found.doubled}, sai khác / altered {found.altered}, "
        f"thừa / unsent {found.unsent}, sai biên nhận / wrong receipts {found.wrong_receipts}"
    )
    if found.unacknowledged:
        yield f"đã gửi, chưa thấy biên nhận / stored, but the receipt got lost: {found.unacknowledged}"
    yield from (f"- {fault}" for fault in found.faults)
    yield "ĐẠT / PASSED" if report.passed else "KHÔNG ĐẠT / FAILED"
