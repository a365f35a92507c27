"""What a pilot gives back: to the form, how long it takes and how its questions work; to the sample, ICC and rates."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analysis.faults import AnalysisError
from analysis.interviewers import cluster_icc
from analysis.items import items_of
from instruments.xlsform import parse_yaml
from scoring.loading import parse_method
from survey_app.models.base import Texts
from survey_app.models.rounds import RatingScope, RespondentGroup, Status, SurveyRound
from survey_app.queries.pilots import PilotCell, cells_of_pilot
from survey_app.queries.ratings import group_instruments, ratings_frame
from survey_app.services.closing import RoundNotClosed
from survey_app.services.pilot_items import FEWEST, GroupAnswers, QuestionFindings, group_answers, question_findings
from survey_app.services.pilots import SECONDS

DURATION_SHARES = (0.1, 0.5, 0.9)


class ClusterKind(StrEnum):
    """Within what ratings are compared."""

    PSU = "psu"  # first-stage unit that was drawn
    CELL = "cell"  # design cell
    UNIT = "unit"  # rated unit


@dataclass(frozen=True, slots=True)
class Durations:
    """Minutes from consent to sending: of the quickest tenth at most, of half, of nine in ten."""

    n: int
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class GroupFindings:
    """A respondent group. Figures are None where fewer than five answered.

    ``dont_know``: share of "don't know" among answers that feed a criterion. ``icc`` and ``deff``: the median over
    criteria, for the sample design; None where clusters are no stage of sampling.
    """

    code: str
    title: Texts
    form_version_id: int
    form_id: str
    version: str
    invited: int | None  # None: an open link
    n_ballots: int | None
    response_rate: float | None
    announced: float | None  # minutes, as the form says
    durations: Durations | None
    dont_know: float | None
    icc: float | None
    deff: float | None

    @property
    def too_long(self) -> bool:
        """Half of them needed longer than the form announces."""
        return bool(self.durations and self.announced and self.durations.median > self.announced)


@dataclass(frozen=True, slots=True)
class Spread:
    """How alike the ratings within a cluster are.

    ``size``: the mean size that stands for unequal clusters (n0); ``deff``: 1 + (size - 1) icc, with the interval of
    the ICC.
    """

    n: int
    n_clusters: int
    size: float
    icc: float
    low: float
    high: float
    deff: float
    deff_low: float
    deff_high: float


@dataclass(frozen=True, slots=True)
class CriterionFindings:
    """A criterion in a group: how it spreads over clusters, how well its questions go together."""

    group_code: str
    criterion: str
    title: Texts
    n_items: int
    alpha: float | None  # None: one question, or too few who answered all of them
    kind: ClusterKind
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class PilotFindings:
    """All that a closed pilot tells."""

    groups: tuple[GroupFindings, ...]
    questions: tuple[QuestionFindings, ...]
    criteria: tuple[CriterionFindings, ...]


def pilot_findings(session: Session, pilot: SurveyRound) -> PilotFindings:
    """The findings of a pilot, once its box is open.

    :raise RoundNotClosed: people still answer.
    :raise BallotsSealed: the close was interrupted.
    """
    if pilot.status != Status.CLOSED:
        raise RoundNotClosed(pilot.code)
    frame = ratings_frame(session, pilot.id)
    cells = cells_of_pilot(session, pilot.id)
    sources = group_instruments(session, pilot.id)
    titles = _criterion_titles(pilot)
    groups: list[GroupFindings] = []
    questions: list[QuestionFindings] = []
    criteria: list[CriterionFindings] = []
    for group in pilot.groups:
        form = parse_yaml(sources[group.code], group.code)
        answers = group_answers(group.code, form, frame[frame["respondent_group"] == group.code], pilot.closes_on)
        own_cells = [cell for cell in cells if cell.group_code == group.code]
        own = list(_criteria(answers, own_cells, titles))
        groups.append(_group(group, answers, own_cells, own))
        questions += question_findings(answers)
        criteria += own
    return PilotFindings(tuple(groups), tuple(questions), tuple(criteria))


def _criterion_titles(pilot: SurveyRound) -> dict[str, Texts]:
    methods = map(parse_method, pilot.methods)
    return {leaf.code: dict(leaf.title) for method in methods for leaf in method.leaves}


# --- groups ----------------------------------------------------------------------------------------------------------


def _group(
    group: RespondentGroup, answers: GroupAnswers, cells: Sequence[PilotCell], criteria: Sequence[CriterionFindings]
) -> GroupFindings:
    n, form = answers.n_ballots, answers.form
    counts = [cell.n_invited for cell in cells if cell.n_invited is not None]
    invited = sum(counts) if len(counts) == len(cells) and cells else None
    enough = n >= FEWEST
    carried = _carried(group, criteria)
    return GroupFindings(
        code=group.code,
        title=group.title,
        form_version_id=group.instrument_version_id,
        form_id=form.form_id,
        version=form.version,
        invited=invited,
        n_ballots=n if enough else None,
        response_rate=n / invited if invited and enough else None,
        announced=_minutes(form.settings),
        durations=_durations(answers.rows),
        dont_know=_dont_know(answers) if enough else None,
        icc=statistics.median([icc for icc, _deff in carried]) if carried else None,
        deff=statistics.median([deff for _icc, deff in carried]) if carried else None,
    )


def _minutes(settings: Mapping[str, object]) -> float | None:
    try:
        return float(str(settings.get("minutes")))
    except ValueError:
        return None


def _durations(rows: pd.DataFrame) -> Durations | None:
    if SECONDS not in rows:
        return None
    seconds = rows.drop_duplicates("ballot")[SECONDS].dropna().astype(float)
    if len(seconds) < FEWEST:
        return None
    low, median, high = (float(value) / 60 for value in np.quantile(seconds, DURATION_SHARES))
    return Durations(len(seconds), low, median, high)


def _dont_know(answers: GroupAnswers) -> float | None:
    """Share of "don't know" among all answers to questions of a criterion."""
    n_answers = n_unsure = 0
    for name, item in answers.items.items():
        said = answers.said(name).dropna()
        n_answers += len(said)
        n_unsure += int(said.isin(item.dont_know).sum())
    return n_unsure / n_answers if n_answers else None


def _carried(group: RespondentGroup, criteria: Sequence[CriterionFindings]) -> list[tuple[float, float]]:
    """(ICC, design effect) of the criteria whose clusters a sample is drawn by.

    Rated units are not, nor cells of people who rate their own unit: there units are strata.
    """
    drawn = {ClusterKind.PSU} if group.rating_scope == RatingScope.OWN else {ClusterKind.PSU, ClusterKind.CELL}
    found = [row.spread for row in criteria if row.kind in drawn and row.spread is not None]
    return [(max(spread.icc, 0.0), max(spread.deff, 1.0)) for spread in found]


# --- criteria --------------------------------------------------------------------------------------------------------


def _criteria(
    answers: GroupAnswers, cells: Sequence[PilotCell], titles: Mapping[str, Texts]
) -> Iterator[CriterionFindings]:
    kind = _kind(cells)
    by_cell = {cell.code: cell for cell in cells}
    for criterion, names in answers.by_criterion().items():
        scale = answers.scales.get(criterion)
        yield CriterionFindings(
            group_code=answers.code,
            criterion=criterion,
            title=titles.get(criterion) or {"vi": criterion, "en": criterion},
            n_items=len(names),
            alpha=scale.alpha if scale else None,
            kind=kind,
            spread=_spread(_values(answers, names, kind), kind, by_cell),
        )


def _kind(cells: Sequence[PilotCell]) -> ClusterKind:
    """First-stage units if people were drawn in them; else design cells if there are several; else rated units."""
    if any(cell.psu for cell in cells):
        return ClusterKind.PSU
    return ClusterKind.CELL if len(cells) > 1 else ClusterKind.UNIT


def _values(answers: GroupAnswers, names: Sequence[str], kind: ClusterKind) -> pd.DataFrame:
    """One value of the criterion for each ballot with its cell; where units are compared, for each (ballot, unit)."""
    chosen = [name for name in names if kind is not ClusterKind.UNIT or name in answers.in_repeats]
    rows = answers.rows[["ballot", "unit", "design_cell"]].assign(value=answers.values[chosen].mean(axis=1))
    rows = rows[rows["value"].notna()]
    if kind is ClusterKind.UNIT:
        return rows
    return rows.groupby("ballot", as_index=False).agg(value=("value", "mean"), design_cell=("design_cell", "first"))


def _spread(rows: pd.DataFrame, kind: ClusterKind, cells: Mapping[str, PilotCell]) -> Spread | None:
    if rows["ballot"].nunique() < FEWEST:
        return None
    clusters, strata = _clusters(kind, rows, cells)
    try:
        found = cluster_icc(items_of(rows, ["value"]), clusters, strata=strata)
    except AnalysisError:  # one cluster only
        return None
    if np.isnan(found.icc[0]):  # one ballot in each cluster, one cluster in each stratum, or all of one mind
        return None
    names = ("size", "icc", "low", "high")
    return Spread(
        n=int(found.n[0]),
        n_clusters=int(found.n_clusters[0]),
        **{name: float(getattr(found, name)[0]) for name in names},
        deff=float(found.design_effect[0]),
        deff_low=float(found.design_effect_low[0]),
        deff_high=float(found.design_effect_high[0]),
    )


def _clusters(
    kind: ClusterKind, rows: pd.DataFrame, cells: Mapping[str, PilotCell]
) -> tuple[pd.Series, pd.Series | None]:
    """The cluster of each value, and its stratum where cells have one."""
    if kind is ClusterKind.UNIT:
        return rows["unit"], None
    if kind is ClusterKind.CELL:
        return rows["design_cell"], None
    strata = rows["design_cell"].map({code: cell.stratum for code, cell in cells.items()})
    psu = rows["design_cell"].map({code: cell.psu for code, cell in cells.items()})
    return psu, (strata if strata.notna().all() else None)
