"""What ``survey rank`` ranks: units with estimates and a covariance, from a table, from answers, or from raters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design_plan import DesignPlan
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.harshness import harshness
from analysis.options import Options
from analysis.results import ZERO_ERROR
from survey_app.cli import rank_words as words
from survey_app.cli.estimate_data import Condition, SurveyFile, design_of
from survey_app.cli.tabular import Words
from survey_app.table_faults import TableFileError, listed
from survey_app.table_text import shown, tidy
from survey_app.tables import file_rows, labels, numbers, read_table

Floats = npt.NDArray[np.float64]
SHOWN = 12  # names in a note
BORROWED = "borrowed"  # the flag of survey small-area


@dataclass(frozen=True)
class Contest:
    """Units that are ranked against each other."""

    block: str
    units: list[str]
    estimate: Floats  # (p,)
    covariance: Floats  # (p, p)
    beside: dict[str, object] = field(default_factory=dict)  # more columns of the result, (p,) each


@dataclass(frozen=True)
class Contests:
    """All blocks, and what there is to say of them: a sentence with its facts."""

    blocks: list[Contest]
    notes: list[tuple[Words, dict[str, object]]] = field(default_factory=list)


def named(names: Sequence[str]) -> str:
    """The first of many names."""
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def of_table(
    file: SurveyFile, label: str, estimate: str, *, se: str | None, covariance: Path | None, block: str
) -> Contests:
    """Estimates that stand in a table, with their errors beside them or a covariance matrix in another."""
    units = list(labels(file.frame, label, path=file.path))
    _own_answers(file)
    values = _complete(file, estimate)
    notes: list[tuple[Words, dict[str, object]]] = []
    if covariance is not None:
        sigma = _matrix(covariance, units)
    else:
        sigma = np.diag(_complete(file, str(se), least=0.0) ** 2)
        notes.append((words.NOTES["independent"], {}))
    if sure := [unit for unit, variance in zip(units, np.diag(sigma), strict=True) if variance == 0]:
        notes.append((words.NOTES["zero_error"], {"members": named(sure)}))
    blocks = [""] * len(units) if not block else list(labels(file.frame, block, path=file.path))
    found = []
    for name in sorted(set(blocks)):
        rows = [row for row, own in enumerate(blocks) if own == name]
        held = [units[row] for row in rows]
        if repeated := sorted({unit for unit in held if held.count(unit) > 1}):
            places = [row for row in rows if units[row] == repeated[0]]
            where = listed(file_rows(np.isin(np.arange(len(units)), places), file.path))
            raise AnalysisError("unit_twice", unit=repeated[0], rows=where)
        found.append(Contest(name, held, values[rows], sigma[np.ix_(rows, rows)]))
    return Contests(found, notes)


def of_answers(
    file: SurveyFile, item: str, by: Sequence[str], plan: DesignPlan, where: tuple[Condition, ...]
) -> Contests:
    """Means of a question by unit, with the covariance that common respondents give them."""
    *blocks, unit = (tidy(name) for name in by)
    frame = pd.DataFrame({tidy(item): file.measures(item)} | {name: file.groups(name) for name in (*blocks, unit)})
    design = design_of(file, plan)
    options = Options(covariances=True, missing=plan.missing)
    found = means(design, frame, [tidy(item)], by=[*blocks, unit], where=file.where(where), options=options)
    names = [shown(value) for value in found.domains[unit]]
    known = np.isfinite(found.estimate[:, 0]) & np.isfinite(found.se[:, 0])
    block_of = [shown(value) for value in found.domains[blocks[0]]] if blocks else [""] * len(names)
    facts = {"rows": design.n_rows, "units": len(design.clusters.stages[0].stratum)}
    notes: list[tuple[Words, dict[str, object]]] = [(words.NOTES["shared"], dict(facts))]
    if out := [name for name, kept in zip(names, known, strict=True) if not kept]:
        notes.append((words.NOTES["left_out"], {"count": len(out), "members": named(out)}))
    if sure := [name for name, note in zip(names, found.note[:, 0], strict=True) if note == ZERO_ERROR]:
        notes.append((words.NOTES["zero_error"], {"members": named(sure)}))
    contests = []
    for block in sorted(set(block_of)):
        rows = [row for row, own in enumerate(block_of) if own == block and known[row]]
        if rows:
            sigma = found.covariance([(row, 0) for row in rows])
            beside: dict[str, object] = {"n": found.n[rows, 0].astype(np.int64)}
            contests.append(Contest(block, [names[row] for row in rows], found.estimate[rows, 0], sigma, beside))
    return Contests(contests, notes)


def of_raters(file: SurveyFile, respondent: str, unit: str, rating: str, *, random: bool, plan: DesignPlan) -> Contests:
    """Units set apart from the harshness of their raters."""
    given = numbers(file.frame, rating, path=file.path)
    kept = np.isfinite(given) & (given != plan.missing if plan.missing is not None else True)
    people, units = (labels(file.frame, name, path=file.path)[kept] for name in (respondent, unit))
    loads = None if plan.estimation_weights is None else file.amounts(plan.estimation_weights, above_zero=True)[kept]
    found = harshness(people, units, given[kept], random=random, rating_weights=loads)
    table = found.table()
    beside: dict[str, object] = {
        "n": table["ratings"].to_numpy(), "plain": found.plain, "plain_rank": table["plain_rank"].to_numpy()
    }  # fmt: skip
    notes: list[tuple[Words, dict[str, object]]] = []
    if blank := int((~kept).sum()):
        notes.append((words.NOTES["blank_ratings"], {"count": blank}))
    notes.append((words.NOTES["harshness"], {"comparing": found.n_comparing, "people": found.n_respondents}))
    if random:
        spread = {"rater": float(np.sqrt(found.rater_variance)), "error": float(np.sqrt(found.error_variance))}
        notes.append((words.NOTES["rater_spread"], dict(spread)))
    return Contests([Contest("", list(found.units), found.adjusted, found.covariance, beside)], notes)


def _own_answers(file: SurveyFile) -> None:
    """Refuse the table of ``survey small-area``: its estimates borrow strength, and no rank is made of them."""
    if BORROWED in file.frame:
        borrowed = file.frame[BORROWED].map(lambda value: shown(value).lower() in {"true", "1"}).to_numpy(dtype=bool)
        if borrowed.any():
            raise AnalysisError("borrowed_ranked", file=file.path, rows=listed(file_rows(borrowed, file.path)))


def _complete(file: SurveyFile, name: str, *, least: float | None = None) -> Floats:
    """A column of numbers, none blank (and none below ``least``)."""
    read = numbers(file.frame, name, path=file.path)
    bad = np.isnan(read)
    if bad.any():
        raise TableFileError(file.path, "blank", column=name, rows=listed(file_rows(bad, file.path)))
    if least is not None:
        file.amounts(name)
    return np.asarray(read, dtype=np.float64)


def _matrix(path: Path, units: Sequence[str]) -> Floats:
    """The covariance of the units: a column for each, and rows in the order of the columns or named by the first."""
    frame = read_table(path)
    names = list(map(str, frame.columns))
    lacking = [unit for unit in units if tidy(unit) not in names]
    if lacking:
        raise TableFileError(path, "missing_column", column=lacking[0], known=named(names))
    rows = names if names[0] in units else list(labels(frame, names[0], path=path))
    if len(rows) != len(frame) or set(rows) < set(units) or len(set(rows)) < len(rows):
        raise AnalysisError("covariance_rows", file=path, rows=len(frame), units=len(units))
    order = [rows.index(unit) for unit in units]
    return np.column_stack([numbers(frame, unit, path=path)[order] for unit in units])
