"""What a scoring run gives back: tidy tables, the rules they rest on, and their canonical bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from scoring.method import Basis, Status
from scoring.standing import SIGNIFICANT

UNIT, CRITERION, GROUP, ITEM, OVERALL = "unit", "criterion", "group", "item", "overall"

CSV_COLUMNS = [
    "level", "block", "unit", "criterion", "respondent_group", "question", "n", "n_dont_know", "n_answers",
    "group_weight", "value", "points", "points_se", "max_points", "index", "se", "se_raters", "df", "ci_low", "ci_high",
    "bonus", "penalty", "index_rounded", "rank", "rank_low", "rank_high", "tied_groups", "band",
    "se_method", "rule", "status", "reason",
    "method_id", "method_version", "rules_status",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssumedRule:
    """A rule that took part in a score and is not approved."""

    path: str  # where it stands in the method file
    status: Status
    source: str


def assumed_rules(named: Iterable[tuple[str, Basis]]) -> tuple[AssumedRule, ...]:
    """The rules that are not approved among those that took part, in the order given, each once."""
    rules = (AssumedRule(path, b.status, b.source) for path, b in named if b.status is not Status.APPROVED)
    return tuple(dict.fromkeys(rules))


@dataclass(frozen=True)
class Scores:
    """The scores of one run. Every number that is shown must say if ``assumed_rules`` is not empty.

    Attributes
    ----------
    digits : of the printed index.
    by_unit : see :func:`scoring.standing.with_standing` and
        :func:`scoring.rank_sets.with_rank_sets`; ``rank`` is missing and ``status`` "not_ranked" for a unit
        below the minimum of ballots, with the ``reason``.
    by_criterion : ``block, unit, criterion, n, points, points_se, max_points, value, se, rule``; value 0..1.
    by_group : ``block, unit, criterion, respondent_group, n, n_dont_know, n_answers, group_weight, value, se,
        se_method, rule``; ``group_weight`` is the one in effect; value and se are withheld (NaN) below the minimum of
        ballots.
    by_item : ``block, unit, question, respondent_group, criterion, n, n_dont_know, value, se, se_method,
        rule``; SIPAS only.
    overall : ``criterion, n, value, index, se, ci_low, ci_high``, all units taken together; criterion "" is the index.
    influence : ``unit, respondent_group, ballot, influence`` of the scored units: what each ballot adds to the error of
        the index (its squares sum to the linearised variance), for differences and rank intervals. Never published.
    """

    method_id: str
    method_version: str
    digits: int
    by_unit: pd.DataFrame
    by_criterion: pd.DataFrame
    by_group: pd.DataFrame
    assumed_rules: tuple[AssumedRule, ...]
    by_item: pd.DataFrame = field(default_factory=pd.DataFrame)
    overall: pd.DataFrame = field(default_factory=pd.DataFrame)
    influence: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def rules_status(self) -> Status:
        """The least settled status among the rules that took part: assumed, proposed or approved."""
        found = {rule.status for rule in self.assumed_rules}
        return next((status for status in (Status.ASSUMED, Status.PROPOSED) if status in found), Status.APPROVED)

    def table(self) -> pd.DataFrame:
        """Everything in one tidy table, a ``level`` per kind of row, in an order that depends on the keys alone."""
        levels = {
            UNIT: self.by_unit,
            CRITERION: self.by_criterion,
            GROUP: self.by_group,
            ITEM: self.by_item,
            OVERALL: self.overall,
        }
        parts = [frame.assign(level=level).astype(object) for level, frame in levels.items() if len(frame)]
        whole = pd.concat(parts, ignore_index=True).reindex(columns=CSV_COLUMNS)
        whole["method_id"], whole["method_version"] = self.method_id, self.method_version
        whole["rules_status"] = self.rules_status
        return whole

    def canonical_csv(self) -> bytes:
        """The table as CSV: UTF-8, comma, decimal point, twelve significant digits, empty for missing.

        The same answers give the same bytes, whatever the order or numbering of ballots and rows.
        """
        return as_csv(self.table())

    def digest(self) -> str:
        """SHA-256 of the canonical CSV, hexadecimal."""
        return hashlib.sha256(self.canonical_csv()).hexdigest()


def as_csv(table: pd.DataFrame) -> bytes:
    """A table of results as CSV; see :meth:`Scores.canonical_csv`."""
    return table.map(_cell).to_csv(index=False, lineterminator="\n").encode("utf-8")


def _cell(value: object) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  NaN is not itself
        return ""
    if isinstance(value, float):
        return f"{value + 0.0:.{SIGNIFICANT}g}"
    return str(value)
