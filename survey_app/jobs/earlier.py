"""Ballots of past years: units are estimated from them, the ballots kept sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey_app.earlier.columns import units_meant
from survey_app.earlier.files import PastSheet, read_past
from survey_app.earlier.words import outcome_words, refusal_words
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.models.base import Facts
from survey_app.queries.earlier import earlier_round
from survey_app.services.earlier import EarlierFacts, known_units, remember_columns
from survey_app.services.earlier_ballots import (
    BallotColumns,
    Estimated,
    columns_of,
    estimated,
    require_droppable,
    store_ballots,
)
from survey_app.services.files import FileGone, read_file
from survey_app.uploads.faults import CellFault, UploadRefused

MAPPING_KIND = "earlier ballots"


@job(
    "import_earlier_ballots",
    title=_l("Nhập phiếu của năm trước"),
    refusal_words=refusal_words,
    outcome_words=outcome_words,
)
def import_earlier_ballots(run: Run) -> Facts:
    """Take over ``params["upload_id"]``: facts of the round, what its columns mean."""
    facts = EarlierFacts(**run.params["facts"])
    columns = columns_of(run.params["columns"])
    upload_id = UUID(run.params["upload_id"])
    with run.reading() as session:
        try:
            stored, data = read_file(session, run.files, upload_id)
        except FileGone:
            return _done_before(session, facts)
        sheet = read_past(data, stored.name)
        found = estimate_ballots(session, sheet, columns, facts)
    run.progress(1, 2)
    with run.session() as session:
        row = store_ballots(
            session,
            run.files,
            facts,
            table=sheet.frame(),
            value_labels=sheet.value_labels,
            columns=columns,
            found=found,
            upload_id=upload_id,
            account_id=run.account_id,
            today=run.today,
        )
        remember_columns(session, sheet.header, columns.as_params(), run.today, MAPPING_KIND)
        counted = {"ballots": found.n_ballots, "results": len(found.lines), "dropped": len(columns.dropped)}
        run.audit(session, "earlier.ballots_imported", f"{facts.city} {facts.programme} {facts.year}", **counted)
        session.commit()
        return _outcome(row.id, found.n_ballots, len(found.lines), small=found.n_small, unknown=found.n_unknown)


def estimate_ballots(session: Session, sheet: PastSheet, columns: BallotColumns, facts: EarlierFacts) -> Estimated:
    """The numbers of a file of ballots; refuses what cannot be read or may not be kept."""
    table = sheet.frame()
    require_droppable(table, sheet.column_labels, columns)
    known = known_units(session, facts.city, facts.year)
    faults: list[CellFault] = []
    by_code = is_code_column(sheet, columns.unit, known.names)
    code_column, name_column = (columns.unit, "") if by_code else ("", columns.unit)
    found = units_meant(
        sheet,
        code_column,
        name_column,
        known,
        rows=range(len(sheet.rows)),
        faults=faults,
        restore_zeros=columns.restore_zeros,
    )
    if faults:
        raise UploadRefused(faults)
    units = [unit for _place, unit in found.values() if unit is not None]
    unknown = {unit.code for unit in units if not unit.is_known}
    return estimated(table, columns, [(unit.code, unit.name) for unit in units], len(unknown))


def is_code_column(sheet: PastSheet, column: str, known: Any) -> bool:
    """Whether a column of units holds their codes: it has no labels, and codes that are known or digits alone."""
    if sheet.value_labels.get(column):
        return False
    cells = {text for text in sheet.texts(column) if text}
    return bool(cells) and sum(text in known or text.isdecimal() for text in cells) * 2 > len(cells)


def _done_before(session: Session, facts: EarlierFacts) -> Facts:
    """What an earlier start of this job came to, if it came so far."""
    row = earlier_round(session, facts.city, facts.programme, facts.year)
    if row is None or row.ballots_file_id is None:
        raise FileGone(facts.title)
    return {"next": f"/earlier/{row.id}"}


def _outcome(earlier_id: int, ballots: int, results: int, *, small: int, unknown: int) -> Facts:
    return {
        "ballots": ballots,
        "results": results,
        "small": small,
        "unknown": unknown,
        "next": f"/earlier/{earlier_id}",
    }
