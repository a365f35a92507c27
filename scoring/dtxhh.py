"""Điều tra xã hội học: points of units from the ratings of weighted respondent groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scoring.assembling import criterion_rows, group_rows, influence_rows, rating_rules, sorted_rows, unit_rows
from scoring.blocks import Blocks, ranked_blocks
from scoring.combining import columns_of, combine, decide, group_shares, scored_codes
from scoring.composite import ComponentPoints, component_points, component_rows, root_sum_of_squares
from scoring.convenience import reported_apart
from scoring.domains import ballot_sums, domain_means
from scoring.method import Basis, FewBallots, Kind, ScoringMethod
from scoring.rank_sets import with_rank_sets
from scoring.results import Scores, assumed_rules
from scoring.standing import with_standing
from scoring.values import Ratings, counted_items


def score_dtxhh(
    method: ScoringMethod,
    ratings: Ratings,
    *,
    blocks: Mapping[str, str] | None = None,
    components: pd.DataFrame | None = None,
) -> Scores:
    """Points by group, criterion and unit, index on 100, band and rank within the block.

    The mean of a (unit, criterion, group) is the sum of the values of all valid answers over their number; a
    criterion gives ``max_points × Σ group_weight × mean``. The estimand is how the unit performs: raters could have
    been others, so there is no finite population correction even where a whole group answered. Rounding comes last.

    Parameters
    ----------
    ratings : one row per (ballot, rated unit); see :class:`scoring.values.Ratings`.
    blocks : unit -> ranking block; lists the units that must appear even without a ballot. None: the rated units, in
        the only block of the method.
    components : ``unit, component, value[, se]`` for the criteria that take a component value (such as the SIPAS
        index) and for bonus and penalty points. None: these criteria do not apply to anybody.

    Raises
    ------
    TableError : answers, units or component values that the method does not know.
    """
    few = rule_of(method)
    items = counted_items(ratings.items, method)
    placed = ranked_blocks(method, ratings.frame["unit"].astype(str), blocks)
    sums = ballot_sums(method, ratings, items, units=placed.units, columns=columns_of(method.rated))
    means = domain_means(sums)
    decision = decide(means.n, group_shares(method, sums.groups), placed.numbers, few)
    combination = combine(method, sums, means, decision, placed.numbers)
    units = unit_rows(placed, means, decision, combination)
    parts = component_points(method, components, units)
    codes = scored_codes(method)
    n = np.where(decision.shares > 0, means.n, 0).sum(axis=1)
    whole = _with_components(units, parts)
    scores = Scores(
        method_id=method.id,
        method_version=method.version,
        digits=method.rounding.digits,
        by_unit=with_standing(method, whole, _with_block(components, placed)),
        by_criterion=sorted_rows(
            pd.concat([criterion_rows(placed, codes, decision, combination, n), component_rows(method, parts, units)]),
            [leaf.code for leaf in method.leaves],
        ),
        by_group=group_rows(
            placed,
            sums,
            codes,
            means=means,
            decision=decision,
            combination=combination,
            min_ballots=few.min_ballots,
        ),
        assumed_rules=assumed_rules(
            [*rating_rules(method, items, sums, combination.se_method), *_adjustment_rule(method, components)]
        ),
        influence=influence_rows(method, sums, combination, whole),
    )
    return with_rank_sets(reported_apart(method, scores, ratings.open_groups))


def rule_of(method: ScoringMethod) -> FewBallots:
    """The rule for small groups; raises ValueError for a method that does not score ratings."""
    if method.few_ballots is None:
        raise ValueError(f"method {method.id} is of kind {method.kind}: it scores component values, not ratings")
    return method.few_ballots


def _with_components(units: pd.DataFrame, parts: ComponentPoints) -> pd.DataFrame:
    """The component points added to those from ratings; a unit that is not scored stays so."""
    applies = ~np.isnan(parts.points)
    result = units.copy()
    result["points"] = units["points"] + np.where(applies, parts.points, 0.0).sum(axis=1)
    barred = parts.lacking & units["points"].notna().to_numpy()
    result.loc[barred, "points"] = np.nan
    result.loc[barred, "reason"] = "component_missing"
    result["max_points"] = units["max_points"] + (applies * parts.max_points).sum(axis=1)
    extra = np.nan_to_num(root_sum_of_squares(parts.se))
    for name in ("points_se", "points_se_raters"):
        result[name] = np.sqrt(units[name] ** 2 + extra**2)
    return result


def _with_block(components: pd.DataFrame | None, placed: Blocks) -> pd.DataFrame | None:
    if components is None or "block" in components:
        return components
    return components.assign(block=components["unit"].map(dict(zip(placed.units, placed.names, strict=True))))


def _adjustment_rule(method: ScoringMethod, components: pd.DataFrame | None) -> Iterator[tuple[str, Basis]]:
    rule = method.adjustments if method.kind is Kind.DTXHH else None
    if rule is None or components is None:
        return
    if components["component"].isin([*rule.bonus, *rule.penalty]).any():
        yield "adjustments", rule.basis
