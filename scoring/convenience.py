"""Answers that came through open links (posters, QR codes): a convenience sample has no error that could be stated.

Whoever saw the poster and cared to answer answered; there is no frame and no response rate. Such units are reported
apart: their index is shown, without standard error, interval, band and rank.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd

from scoring.method import OpenLinksRule, ScoringMethod
from scoring.results import Scores, assumed_rules
from scoring.standing import CONVENIENCE, RANKED, ranked_anew

ERRORS = ("se", "se_raters", "df", "points_se", "ci_low", "ci_high")


def reported_apart(method: ScoringMethod, scores: Scores, open_groups: Collection[str]) -> Scores:
    """The scores with the rule for open links applied and named, if groups with open links took part in them."""
    counted = _counted(scores.by_group, open_groups)
    if counted.empty:
        return scores
    if method.open_links is not None:
        basis = method.open_links.basis
        rules = dict.fromkeys([*scores.assumed_rules, *assumed_rules([("open_links", basis)])])
        scores = replace(scores, assumed_rules=tuple(rules))
        if method.open_links.rule is OpenLinksRule.FEEDS:
            return scores
    return _apart(method, scores, counted, open_groups)


def _counted(groups: pd.DataFrame, open_groups: Collection[str]) -> pd.DataFrame:
    """The rows of the groups with open links that count, or that are shown within a part; with ballots."""
    own = groups["respondent_group"].isin(list(open_groups))
    return groups[own & (groups["n"] > 0) & (groups["group_weight"] != 0)]


def _apart(method: ScoringMethod, scores: Scores, counted: pd.DataFrame, open_groups: Collection[str]) -> Scores:
    units = set(counted.loc[counted["group_weight"] > 0, "unit"])
    by_unit = scores.by_unit.copy()
    apart = by_unit["unit"].isin(units) & (by_unit["status"] == RANKED)
    by_unit.loc[apart, "status"], by_unit.loc[apart, "band"] = CONVENIENCE, ""
    cells = pd.MultiIndex.from_frame(counted[["unit", "criterion"]])
    touched = pd.MultiIndex.from_frame(scores.by_criterion[["unit", "criterion"]]).isin(cells)
    overall = scores.overall
    if len(overall) and units:
        overall = _without_error(overall, np.ones(len(overall), dtype=np.bool_)).assign(status=CONVENIENCE)
    return replace(
        scores,
        by_unit=ranked_anew(method, _without_error(by_unit, apart), ~apart),
        by_criterion=_without_error(scores.by_criterion, touched),
        by_group=_of_groups(scores.by_group, open_groups),
        by_item=_of_groups(scores.by_item, open_groups),
        overall=overall,
        influence=scores.influence[~scores.influence["unit"].isin(by_unit.loc[apart, "unit"])].reset_index(drop=True),
    )


def _of_groups(frame: pd.DataFrame, open_groups: Collection[str]) -> pd.DataFrame:
    if frame.empty:
        return frame
    own = frame["respondent_group"].isin(list(open_groups))
    return _without_error(frame, own).assign(se_method=frame["se_method"].mask(own, ""))


def _without_error(frame: pd.DataFrame, rows: pd.Series | np.ndarray) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].mask(rows) for name in ERRORS if name in frame})
