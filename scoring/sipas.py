"""SIPAS: the share of answers that are satisfied, by item, criterion, part and unit, and for all units together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.small_samples import guarded_variance
from scoring.assembling import (
    cell_frame,
    criterion_rows,
    group_rows,
    influence_rows,
    rating_rules,
    sorted_rows,
    unit_rows,
    with_means,
)
from scoring.blocks import Blocks, ranked_blocks
from scoring.combining import Combination, Decision, combine, decide, group_shares, scored_codes
from scoring.convenience import reported_apart
from scoring.domains import BallotSums, DomainMeans, Ints, ballot_sums, domain_means
from scoring.dtxhh import rule_of
from scoring.method import Order, ScoringMethod
from scoring.rank_sets import with_rank_sets
from scoring.results import Scores, assumed_rules
from scoring.standing import half_width, with_standing
from scoring.thin_items import ItemDecision, all_items, decide_items, mean_of_counted_items
from scoring.values import Bools, Floats, Item, Ratings, counted_items

ALL_UNITS = ""


@dataclass(frozen=True)
class _Run:
    """The estimates of one set of units."""

    parts: DomainMeans
    leaves: DomainMeans
    decision: Decision
    combination: Combination
    items: ItemDecision


def score_sipas(method: ScoringMethod, ratings: Ratings, *, blocks: Mapping[str, str] | None = None) -> Scores:
    """The satisfaction index of every unit and of all units together, with its parts, criteria and items.

    An answer counts 1 if it is among the best levels of its scale, else 0 (or its percentage, as the method says);
    "don't know" and blank answers are not valid. The index of a part is taken over all its items in the order
    of aggregation of the method, within each respondent group; groups are combined by their weights and parts by
    theirs, on a scale of 100. A part that no group rates in a block leaves the block (policies in the block of
    sở); the other part then counts for all. Every ballot counts once: no design weights, simple random sampling
    within group, no finite population correction.

    Parameters
    ----------
    ratings, blocks : as in :func:`scoring.dtxhh.score_dtxhh`.
    """
    few = rule_of(method)
    items = counted_items(ratings.items, method)
    placed = ranked_blocks(method, ratings.frame["unit"].astype(str), blocks)
    by_item = ballot_sums(method, ratings, items, units=placed.units)
    run = _run(method, items, by_item, placed)
    units = unit_rows(placed, run.parts, run.decision, run.combination)
    codes = scored_codes(method)
    n = np.where(run.decision.shares > 0, run.parts.n, 0).sum(axis=1)
    groups = [
        group_rows(
            placed,
            by_item,
            codes,
            means=run.parts,
            decision=run.decision,
            combination=run.combination,
            min_ballots=few.min_ballots,
        ),
        _leaf_rows(method, placed, by_item, run.leaves),
    ]
    order = list(dict.fromkeys(node.code for part in method.criteria for node in (part, *part.leaves)))
    together = by_item.pooled_units(ALL_UNITS)
    scores = Scores(
        method_id=method.id,
        method_version=method.version,
        digits=method.rounding.digits,
        by_unit=with_standing(method, units),
        by_criterion=sorted_rows(
            pd.concat(
                [
                    criterion_rows(placed, codes, run.decision, run.combination, n),
                    _leaf_criteria(method, placed, run),
                ]
            ),
            order,
        ),
        by_group=sorted_rows(pd.concat(groups, ignore_index=True), order),
        assumed_rules=assumed_rules(rating_rules(method, items, by_item, run.combination.se_method)),
        by_item=_item_rows(method, placed, by_item, items, run.items),
        overall=_overall_rows(method, _run(method, items, together, Blocks((ALL_UNITS,), ("",)))),
        influence=influence_rows(method, by_item, run.combination, units),
    )
    return with_rank_sets(reported_apart(method, scores, ratings.open_groups))


def _run(method: ScoringMethod, items: Sequence[Item], by_item: BallotSums, placed: Blocks) -> _Run:
    parts = _membership(items, [tuple(leaf.code for leaf in part.leaves) for part in method.criteria])
    leaves = _membership(items, [(leaf.code,) for leaf in method.rated])
    few, block = rule_of(method), placed.numbers
    by_means = _order(method) is Order.MEAN_OF_ITEMS and len(items) > 0
    counting = decide_items(by_item, parts, block, few) if by_means else all_items(by_item)
    part_means, counted, hollow = node_means(method, by_item, parts, counting, block)
    leaf_means, _, _ = node_means(method, by_item, leaves, counting, block)
    shares = group_shares(method, by_item.groups)
    thin = (counting.thin @ parts) > 0
    decision = decide(part_means.n, shares, block, few, hollow=hollow, thin=thin)
    combination = combine(method, counted.gathered(parts), part_means, decision, block)
    return _Run(part_means, leaf_means, decision, combination, counting)


def _order(method: ScoringMethod) -> Order:
    return method.aggregation.order if method.aggregation is not None else Order.POOLED_ANSWERS


def _membership(items: Sequence[Item], nodes: Sequence[tuple[str, ...]]) -> Floats:
    """(items, nodes): 1 where the item's criterion is one of the node's."""
    return np.array([[float(item.criterion in node) for node in nodes] for item in items]).reshape(-1, len(nodes))


def node_means(
    method: ScoringMethod, by_item: BallotSums, member: Floats, counting: ItemDecision, block: Ints
) -> tuple[DomainMeans, BallotSums, Bools]:
    """The index (0..1) of nodes made of items in the method's order of aggregation, with what it is made of.

    Returns the means, the sums by item that count in them, and the cells (units, groups, nodes) without a value.

    pooled_answers: satisfied answers over valid answers of all items. mean_of_items: the plain mean of the index
    of each item that has enough ballots. mean_of_respondents: the plain mean of each ballot's own share.
    """
    order = _order(method)
    if order is Order.MEAN_OF_ITEMS:
        return mean_of_counted_items(by_item, member, counting, block)
    gathered = by_item.gathered(member)
    if order is Order.MEAN_OF_RESPONDENTS:
        gathered = gathered.respondent_shares()
    means = domain_means(gathered)
    return means, by_item, np.zeros(means.n.shape, dtype=np.bool_)


def _leaf_rows(method: ScoringMethod, placed: Blocks, sums: BallotSums, means: DomainMeans) -> pd.DataFrame:
    """The criteria within the parts, in the shape of ``Scores.by_group``; they are shown, and carry no group weight."""
    codes = [leaf.code for leaf in method.rated]
    frame = _guarded_rows(method, placed, sums, means, codes)
    asked = frame["n"] + frame["n_dont_know"] > 0
    return frame[asked].assign(group_weight=np.nan, rule="shown")


def _guarded_rows(
    method: ScoringMethod, placed: Blocks, sums: BallotSums, means: DomainMeans, codes: Sequence[str]
) -> pd.DataFrame:
    below = method.small_samples.below if method.small_samples is not None else 2
    guarded = guarded_variance(means.variance, means.n, means.value, placed.numbers, below=below, df=means.df)
    keys = cell_frame(placed, sums.groups, codes)
    return with_means(keys, means, np.sqrt(guarded.variance), guarded.method, min_ballots=rule_of(method).min_ballots)


def _item_rows(
    method: ScoringMethod, placed: Blocks, by_item: BallotSums, items: Sequence[Item], counting: ItemDecision
) -> pd.DataFrame:
    """``Scores.by_item``: the index of every item for every unit that was rated on it."""
    numbers = [str(place) for place in range(len(items))]
    frame = _guarded_rows(method, placed, by_item, domain_means(by_item), numbers)
    item = [items[int(number)] for number in frame["criterion"]]
    own = np.array([i.respondent_group for i in item]) == frame["respondent_group"].to_numpy()
    frame["question"] = [i.question for i in item]
    frame["criterion"] = [i.criterion for i in item]
    frame["rule"] = counting.rule.ravel()
    asked = frame["n"] + frame["n_dont_know"] > 0
    return sorted_rows(frame[own & asked], [leaf.code for leaf in method.rated])


def _leaf_criteria(method: ScoringMethod, placed: Blocks, run: _Run) -> pd.DataFrame:
    """The criteria within the parts over the groups of the part, with the weights in effect there; no points."""
    part_of = [place for place, part in enumerate(method.criteria) for _ in part.leaves]
    shares = run.decision.shares[:, :, part_of]
    counts = shares > 0
    below = method.small_samples.below if method.small_samples is not None else 2
    means = run.leaves
    guarded = guarded_variance(means.variance, means.n, means.value, placed.numbers, below=below, df=means.df)
    withheld = (run.leaves.n < rule_of(method).min_ballots) | np.isnan(run.leaves.value)
    short = (counts & withheld).any(axis=1) | ~counts.any(axis=1)
    value = np.where(counts, shares * np.nan_to_num(run.leaves.value), 0.0).sum(axis=1)
    spread = np.where(counts, shares**2 * np.nan_to_num(guarded.variance), 0.0).sum(axis=1)
    frame = cell_frame(placed, ("",), [leaf.code for leaf in method.rated]).drop(columns="respondent_group")
    frame["n"] = np.where(counts, run.leaves.n, 0.0).sum(axis=1).ravel().astype(int)
    frame["value"] = np.where(short, np.nan, value).ravel()
    frame["se"] = np.where(short, np.nan, np.sqrt(spread)).ravel()
    return frame.assign(points=np.nan, points_se=np.nan, max_points=np.nan, rule="shown")


def _overall_rows(method: ScoringMethod, run: _Run) -> pd.DataFrame:
    """``Scores.overall``: the index, the parts and their criteria; every ballot of the snapshot counts once."""
    placed = Blocks((ALL_UNITS,), ("",))
    most = np.nansum(run.combination.max_points)
    n = np.where(run.decision.shares > 0, run.parts.n, 0).sum(axis=1)
    whole = pd.DataFrame({"criterion": [""], "n": run.combination.n.astype(int)})
    whole["value"], whole["se"] = run.combination.total / most, run.combination.total_se / most
    parts = criterion_rows(placed, scored_codes(method), run.decision, run.combination, n)
    leaves = _leaf_criteria(method, placed, run)
    rows = pd.concat([whole, parts, leaves], ignore_index=True)[["criterion", "n", "value", "se"]]
    rows["index"], rows["se"] = 100 * rows["value"], 100 * rows["se"]
    freedom = pd.Series(np.nan, index=rows.index)
    freedom[rows["criterion"] == ""] = run.combination.total_df[0]
    margin = half_width(rows["se"], freedom)
    rows["ci_low"], rows["ci_high"] = (rows["index"] - margin).clip(0, 100), (rows["index"] + margin).clip(0, 100)
    return rows
