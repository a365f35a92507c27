"""The one door from the ballot box to statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey_app.models.ballots import Ballot
from survey_app.models.roll import DesignCell
from survey_app.models.rounds import InstrumentVersion, Mode, RespondentGroup


class BallotsSealed(LookupError):
    """The ballots of this round are sealed until it closes and its box is opened."""


KEYS = ("ballot", "respondent_group", "design_cell", "unit")


def ratings_frame(session: Session, survey_round_id: int) -> pd.DataFrame:
    """The ballots of a round: a row per (ballot, rated unit), a column per question, NaN where it was not asked.

    Columns ``ballot`` (a number in this frame, by the order of the random ids), ``respondent_group``,
    ``design_cell`` and ``unit`` come first; answers are choice names, numbers or texts as they were stored. Questions
    asked once of a respondent stand in each of that respondent's rows. Where a group was drawn, ``calibrated_weight``
    (here the design weight of the cell), ``stratum`` and ``psu`` follow, see ``scoring.drawn``; other groups count one
    for each ballot.

    :raise BallotsSealed: the box was not opened yet.
    """
    cells = {cell.id: (group, cell) for group, cell in session.execute(_cells(survey_round_id))}
    is_drawn = any(cell.design_weight is not None for _group, cell in cells.values())
    found = session.execute(
        select(Ballot.design_cell_id, Ballot.answers)
        .where(Ballot.design_cell_id.in_(_cells(survey_round_id).with_only_columns(DesignCell.id)))
        .order_by(Ballot.id)
    )
    rows: list[dict[str, Any]] = []
    for ballot, (cell_id, answers) in enumerate(found):
        if answers is None:
            raise BallotsSealed(survey_round_id)
        group, cell = cells[cell_id]
        keys = {"ballot": ballot, "respondent_group": group, "design_cell": cell.code}
        design = _design(ballot, cell) if is_drawn else {}
        rows += [keys | {"unit": unit} | design | _about(unit, answers) for unit in cell.rated_units]
    frame = pd.DataFrame(rows)
    return frame if rows else pd.DataFrame({name: pd.Series(dtype=object) for name in KEYS})


def _cells(survey_round_id: int) -> Select[str, DesignCell]:
    """The cells of a round, each with the code of its group."""
    return (
        select(RespondentGroup.code, DesignCell)
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
    )


def _design(ballot: int, cell: DesignCell) -> dict[str, Any]:
    """What a ballot stands for: its weight, its stratum, its first-stage unit (itself, where people were drawn)."""
    return {
        "calibrated_weight": 1.0 if cell.design_weight is None else cell.design_weight,
        "stratum": cell.stratum or "",
        "psu": cell.psu or f"ballot {ballot}",
    }


def invited_by_unit(session: Session, survey_round_id: int) -> dict[tuple[str, str], int]:
    """People invited to rate, by (group code, unit code), in the groups that were asked by personal links."""
    found = session.execute(
        select(RespondentGroup.code, DesignCell.rated_units, DesignCell.n_invited)
        .join(DesignCell, DesignCell.respondent_group_id == RespondentGroup.id)
        .where(RespondentGroup.survey_round_id == survey_round_id, RespondentGroup.mode != Mode.OPEN_LINK)
    )
    invited: Counter[tuple[str, str]] = Counter()
    for group, units, count in found:
        invited.update(dict.fromkeys(((group, unit) for unit in units), count))
    return dict(invited)


def group_instruments(session: Session, survey_round_id: int) -> dict[str, str]:
    """The text of each group's published questionnaire, by group code."""
    found = session.execute(
        select(RespondentGroup.code, InstrumentVersion.source)
        .join(InstrumentVersion, InstrumentVersion.id == RespondentGroup.instrument_version_id)
        .where(RespondentGroup.survey_round_id == survey_round_id)
        .order_by(RespondentGroup.position)
    )
    return dict(found.all())


def _about(unit: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a ballot says about one unit."""
    return {
        question: answer.get(unit) if isinstance(answer, dict) else answer
        for question, answer in answers.items()
        if not isinstance(answer, dict) or unit in answer
    }
