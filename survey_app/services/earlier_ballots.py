"""Ballots of a past year: answers become 0 to 100, units get estimates with errors, the ballots are kept sealed."""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from sqlalchemy.orm import Session

from analysis.design import LonelyPsu, survey_design
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.small_samples import guarded
from survey_app.models.base import Facts
from survey_app.models.history import EarlierRound
from survey_app.queries.earlier import earlier_round
from survey_app.services.earlier import EarlierFacts, EarlierRefused, ResultLine, apply_results
from survey_app.services.files import FileStore, destroy_file, store_file
from survey_app.uploads import heading_key

KIND = "earlier_ballots"
PARQUET = "application/vnd.apache.parquet"
SMALLEST_CELL = 5  # ballots; below, a number would say what single people answered
FEW = 5  # ballots of a unit under which the error is at least that of all units together
EVEN, SATISFIED = "even", "satisfied"
FEATURES = 0.3  # of the cells of a column that look like it, from which on it is taken for that
MOST_CHOICES = 12  # different answers of a column that is a choice

PERSONAL_HEADINGS = {
    "name": ("hoten", "hovaten", "tennguoi", "fullname", "respondentname", "tenchuho"),
    "phone": ("dienthoai", "sdt", "sodt", "phone", "mobile", "zalo"),
    "email": ("email", "thudientu", "mailaddress"),
    "id": ("cccd", "cmnd", "cancuoc", "sodinhdanh", "chungminh", "passport", "taikhoan", "mabhxh"),
    "address": ("diachi", "sonha", "address"),
}
FAMILIES = frozenset(
    ("nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo", "duong",
     "ly", "dinh", "trinh", "doan", "luong", "mai", "cao", "ta", "luu", "trieu")
)  # fmt: skip
PHONE = re.compile(r"(?:\+?84|0)?[35789]\d{8}|0?2\d{8,9}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")


@dataclass(frozen=True, slots=True)
class Question:
    """A column of answers: what they count for, from the worst to the best."""

    column: str
    criterion: str
    levels: tuple[str, ...]
    dont_know: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BallotColumns:
    """Which column of a file of ballots means what."""

    unit: str
    questions: tuple[Question, ...]
    weight_column: str = ""
    psu: str = ""
    strata: str = ""
    dropped: tuple[str, ...] = ()  # columns that are not kept
    scoring: str = EVEN
    with_index: bool = False  # the mean of the criteria of each ballot as the index
    restore_zeros: bool = False  # codes of units that lost zeros at their beginning get them back

    def as_params(self) -> Facts:
        """What a job is told."""
        found: Facts = json.loads(json.dumps(asdict(self)))
        return found

    @property
    def used(self) -> set[str]:
        return {self.unit, self.weight_column, self.psu, self.strata, *(q.column for q in self.questions)} - {""}


def columns_of(params: Mapping[str, Any]) -> BallotColumns:
    """The columns that :meth:`BallotColumns.as_params` wrote."""
    questions = tuple(
        Question(q["column"], q["criterion"], tuple(q["levels"]), tuple(q["dont_know"])) for q in params["questions"]
    )
    return BallotColumns(**{**params, "questions": questions, "dropped": tuple(params["dropped"])})


# --- whose data it is ------------------------------------------------------------------------------------------------


def personal_columns(table: pd.DataFrame, titles: Mapping[str, str]) -> dict[str, str]:
    """Columns that seem to hold names, telephone numbers, addresses …: column -> which of them."""
    found = {}
    for column in table:
        name = str(column)
        by_heading = "" if _is_choice(table[column]) else _by_heading(name, titles.get(name, ""))
        if kind := by_heading or _by_cells(table[column]):
            found[name] = kind
    return found


def _is_choice(column: pd.Series) -> bool:
    """Whether the cells are a few answers over and over: “do you have a telephone?” is about nobody alone."""
    cells = column[column != ""]
    return cells.nunique() <= MOST_CHOICES and cells.nunique() * 3 <= len(cells)


def _by_heading(*headings: str) -> str:
    keys = [heading_key(heading) for heading in headings]
    fits = ((kind, word) for kind, words in PERSONAL_HEADINGS.items() for word in words)
    return next((kind for kind, word in fits if any(word in key for key in keys)), "")


def _by_cells(column: pd.Series) -> str:
    cells = column[column != ""].drop_duplicates()
    if len(cells) < 3:
        return ""
    tests = {"phone": _is_phone, "email": _is_email, "name": _is_name}
    return next((kind for kind, fits in tests.items() if cells.map(fits).mean() >= FEATURES), "")


def _is_phone(text: str) -> bool:
    digits = re.sub(r"[\s.()-]", "", text)
    return PHONE.fullmatch(digits) is not None


def _is_email(text: str) -> bool:
    return EMAIL.fullmatch(text) is not None


def _is_name(text: str) -> bool:
    words = text.split()
    return 2 <= len(words) <= 5 and heading_key(words[0]) in FAMILIES and not any(c.isdigit() for c in text)


# --- estimates -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimated:
    """The numbers of a file of ballots, and what was left out of them."""

    lines: tuple[ResultLine, ...]
    n_ballots: int
    n_small: int  # numbers that rest on fewer than five ballots
    n_unknown: int  # units that are neither today's nor in the crosswalk


def estimated(
    table: pd.DataFrame, columns: BallotColumns, units: Sequence[tuple[str, str]], n_unknown: int = 0
) -> Estimated:
    """The mean of each criterion in each unit, with its error.

    table: all cells as text; units: (code, name) of each row. Don't-know answers and empty cells are no valid answers.

    :raise EarlierRefused: columns of personal data that are kept, answers that are no level, weights that are none.
    """
    scores = _criteria(table, columns)
    frame = scores.assign(unit=[code for code, _name in units])
    design = _design(table, columns)
    criteria = list(scores.columns)
    found = guarded(means(design, frame, criteria, by=["unit"]), "", low=0.0, high=100.0, below=FEW)[0]
    names = dict(units)
    lines, small = [], 0
    for d, code in enumerate(found.domains["unit"]):
        for k, criterion in enumerate(criteria):
            n, se = int(found.n[d, k]), float(found.se[d, k])
            if n >= SMALLEST_CELL:
                name = "" if criterion == INDEX else criterion
                value, error = float(found.estimate[d, k]), se if math.isfinite(se) else None
                lines.append(ResultLine(str(code), names[str(code)], name, value, error, n))
            else:
                small += n > 0
    if not lines:
        raise EarlierRefused("all_cells_small", least=SMALLEST_CELL)
    return Estimated(tuple(lines), len(table), small, n_unknown)


INDEX = "\N{SYMBOL FOR NULL}"  # a column name that no criterion has


def _criteria(table: pd.DataFrame, columns: BallotColumns) -> pd.DataFrame:
    """A column per criterion: the mean of the ballot's valid answers to its questions."""
    by_criterion: dict[str, list[pd.Series]] = {}
    for question in columns.questions:
        by_criterion.setdefault(question.criterion, []).append(
            _scores(table[question.column], question, columns.scoring)
        )
    found = pd.DataFrame({name: pd.concat(parts, axis=1).mean(axis=1) for name, parts in by_criterion.items()})
    if columns.with_index:
        found[INDEX] = found.mean(axis=1)
    return found


def _scores(cells: pd.Series, question: Question, scoring: str) -> pd.Series:
    levels = question.levels
    if len(levels) < 2 or len(set(levels) | set(question.dont_know)) < len(levels) + len(question.dont_know):
        raise EarlierRefused("levels_wrong", column=question.column)
    points = level_points(len(levels), scoring)
    known = dict(zip(levels, points, strict=True)) | dict.fromkeys(question.dont_know, np.nan) | {"": np.nan}
    strange = Counter(cells[~cells.isin(list(known))])
    if strange:
        answers = ", ".join(f"{answer} ({n})" for answer, n in strange.most_common(5))
        raise EarlierRefused("unknown_answers", column=question.column, answers=answers)
    return cells.map(known).astype("float64")


def level_points(n: int, scoring: str) -> list[float]:
    """What each of ``n`` levels counts for, worst first: evenly spread, or 100 for the satisfied and 0 for the others.

    The satisfied are the best two of four or more levels, else the best one.
    """
    if scoring == SATISFIED:
        best = 2 if n >= 4 else 1
        return [100.0 if place >= n - best else 0.0 for place in range(n)]
    return [100.0 * place / (n - 1) for place in range(n)]


def _design(table: pd.DataFrame, columns: BallotColumns) -> Any:
    weights = np.ones(len(table))
    if columns.weight_column:
        cells = table[columns.weight_column].str.replace(",", ".", regex=False)
        read = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
        wrong = ~(np.isfinite(read) & (read >= 0))
        if wrong.any():
            raise EarlierRefused("weights_wrong", column=columns.weight_column, n=int(wrong.sum()))
        weights = read
    try:
        return survey_design(
            weights,
            psu=table[columns.psu] if columns.psu else None,
            strata=table[columns.strata] if columns.strata else None,
            nest=bool(columns.psu and columns.strata),
            lonely_psu=LonelyPsu.ADJUST,
        )
    except AnalysisError as error:
        raise EarlierRefused("design_wrong", said=error.code) from error


def require_droppable(table: pd.DataFrame, titles: Mapping[str, str], columns: BallotColumns) -> None:
    """Refuse to keep what seems to be about persons, and to drop what the numbers are made of.

    :raise EarlierRefused: with the columns.
    """
    kept = [name for name in personal_columns(table, titles) if name not in columns.dropped]
    if kept:
        raise EarlierRefused("personal_columns", columns=", ".join(kept))
    needed = sorted(columns.used & set(columns.dropped))
    if needed:
        raise EarlierRefused("dropped_but_used", columns=", ".join(needed))


# --- keeping ---------------------------------------------------------------------------------------------------------


def store_ballots(
    session: Session,
    files: FileStore,
    facts: EarlierFacts,
    *,
    table: pd.DataFrame,
    value_labels: Mapping[str, Mapping[str, str]],
    columns: BallotColumns,
    found: Estimated,
    upload_id: UUID,
    account_id: int | None,
    today: date,
) -> EarlierRound:
    """Keep the ballots, sealed and without the dropped columns, and their numbers; the upload goes.

    :raise EarlierRefused: the year has ballots already.
    """
    require_no_ballots(session, facts)
    row, _plan = apply_results(session, facts, found.lines, None, today=today, account_id=account_id)
    stored = store_file(
        session,
        files,
        kind=KIND,
        name=f"{facts.programme}-{facts.year}.parquet",
        media_type=PARQUET,
        data=_parquet(table.drop(columns=list(columns.dropped)), value_labels, columns),
        account_id=account_id,
        today=today,
        lifetime_days=None,
    )
    row.ballots_file_id = stored.id
    destroy_file(session, files, upload_id, today)
    session.flush()
    return row


def require_no_ballots(session: Session, facts: EarlierFacts) -> None:
    """Refuse a year whose ballots are there."""
    known = earlier_round(session, facts.city, facts.programme, facts.year)
    if known is not None and known.ballots_file_id is not None:
        raise EarlierRefused("ballots_there", year=facts.year)


def _parquet(table: pd.DataFrame, value_labels: Mapping[str, Mapping[str, str]], columns: BallotColumns) -> bytes:
    """The cells as text; the notes say what codes and columns mean."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    kept = {name: dict(labels) for name, labels in value_labels.items() if name in table.columns}
    notes = {"value_labels": json.dumps(kept, ensure_ascii=False), "columns": json.dumps(columns.as_params())}
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **notes})
    out = io.BytesIO()
    pyarrow.parquet.write_table(arrow, out, compression="zstd")
    return out.getvalue()
