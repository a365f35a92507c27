"""The fieldwork board on screen: groups, units, days, and how sure the numbers would be today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from analysis.charts import Words
from analysis.unit_charts import returns
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import reading, round_of
from survey_app.i18n import number, words
from survey_app.listing import Column, Listing, Row, listing_of_rows, listing_xlsx
from survey_app.models.rounds import SurveyRound
from survey_app.services.board import Board, GroupProgress, fieldwork

blueprint = Blueprint("board", __name__, url_prefix="/rounds/<round_code>/board")

WATCHERS = (Role.RESEARCHER, Role.SUPERVISOR, Role.FIELD_SUPERVISOR)


@blueprint.get("/")
@open_to(*WATCHERS)
def show(round_code: str) -> str | AnyResponse:
    """How far fieldwork has come, what is slow first."""
    survey_round, board = _board(round_code)
    listing = _units(board, survey_round)
    if request.args.get("format") == "xlsx":
        return listing_xlsx(listing, f"tien-do-{round_code}.xlsx")
    return render_template(
        "console/board/show.html", survey_round=survey_round, board=board, listing=listing, days=_days(board.groups)
    )


@blueprint.get("/groups")
@open_to(*WATCHERS)
def groups(round_code: str) -> str:
    """The part of the board that keeps itself fresh."""
    survey_round, board = _board(round_code)
    return render_template("console/board/groups.html", survey_round=survey_round, board=board)


@blueprint.get("/days.svg")
@open_to(*WATCHERS)
def days_chart(round_code: str) -> Response:
    """Ballots by day as a chart."""
    _round, board = _board(round_code)
    table = _daily(board.groups)
    if table.empty:
        abort(404)
    title = _("Số phiếu nhận được theo ngày (lũy kế)")
    chart = returns(table, Words(title=title, text="{days} {total}", y=_("Phiếu"), number=number))
    return Response(chart.svg(), mimetype="image/svg+xml")


def _board(round_code: str) -> tuple[SurveyRound, Board]:
    with reading() as session:
        survey_round = round_of(session, round_code)
        return survey_round, fieldwork(session, survey_round, today())


def _units(board: Board, survey_round: SurveyRound) -> Listing:
    """The table of units; without a wish of the reader, slow units first."""
    rows: list[dict[str, Any]] = [
        {
            "unit": unit.unit_name,
            "group": unit.group_code,
            "group_title": unit.group_title,
            "invited": unit.invited,
            "ballots": unit.ballots,
            "step": unit.step,
            "refused": unit.refused,
            "target": unit.target,
            "reached": unit.reached,
            "margin": unit.margin,
        }
        for unit in board.units
    ]
    choices = [(group.code, words(group.title)) for group in survey_round.groups]
    columns = (
        Column("unit", _l("Đơn vị"), filter=True),
        Column("group", _l("Nhóm"), filter=True, choices=choices, show=lambda row: words(row["group_title"])),
        Column("invited", _l("Được mời"), kind="number"),
        Column("ballots", _l("Phiếu đã nhận"), kind="number", show=_shown_ballots),
        Column("refused", _l("Từ chối"), kind="number"),
        Column("target", _l("Chỉ tiêu"), kind="number"),
        Column("reached", _l("Đạt"), kind="percent"),
        Column("margin", _l("Sai số ±"), kind="percent"),
    )
    return listing_of_rows(rows, columns, request.args, default_sort="reached")


def _shown_ballots(row: Row) -> str:
    """A count in steps says that it is one; below the first step there is nothing to say."""
    if row["ballots"] is None:
        return _("chưa hiện")
    if row["step"] == 1:
        return number(row["ballots"], 0)
    return f"≥ {number(row['ballots'], 0)}" if row["ballots"] else _("dưới %(k)s", k=row["step"])


def _days(groups: Sequence[GroupProgress]) -> list[dict[str, Any]]:
    """A row for each day with what every group had reached by then."""
    found = sorted({day for group in groups for day, _n in group.days})
    reached = {group.code: dict(group.days) for group in groups}
    so_far = dict.fromkeys(reached, 0)
    rows = []
    for day in found:
        so_far = {code: reached[code].get(day, before) for code, before in so_far.items()}
        rows.append({"day": day, "reached": so_far})
    return rows


def _daily(groups: Sequence[GroupProgress]) -> pd.DataFrame:
    """What each day added, for the chart."""
    rows = []
    for group in groups:
        before = 0
        for day, reached in group.days:
            rows.append(
                {
                    "day": day,
                    "group": words(group.title),
                    "received": reached - before,
                    "invited": group.target or group.invited,
                }
            )
            before = reached
    return pd.DataFrame(rows)
