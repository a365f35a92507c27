"""From the means of groups to the points of units: who counts where, and the error of the total.

Points of unit u are Σ a[u, g, c] · R[u, g, c] over groups g and criteria c, with a = max_points × the group weight in
effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.small_samples import guarded_variance
from scoring.domains import BallotSums, DomainMeans, Ints, counts_in, valid_in
from scoring.method import Criterion, FewBallots, FewBallotsRule, ScoringMethod
from scoring.values import Bools, Floats

COUNTED = "counted"
NO_WEIGHT = "no_weight"
COUNTED_ZERO = "counted_zero"
GROUP_OUT = "group_left_out_of_block"
CRITERION_OUT = "criterion_left_out_of_block"
TOO_FEW = "below_min_ballots"


@dataclass(frozen=True)
class Decision:
    """Which group means count, and with what weight; arrays (units, groups, K) unless said otherwise."""

    shares: Floats  # effective group weights; sum to 1 over the groups of an applicable criterion
    applicable: Bools  # (units, K) whether the criterion counts in the unit's block
    short: Bools  # counts, but has too few ballots
    enough: Bools  # (units,) no group mean that counts is short
    rule: npt.NDArray[np.str_]  # what was done with the cell


def group_shares(method: ScoringMethod, groups: tuple[str, ...]) -> Floats:
    """The group weights of the file as (groups, scored criteria); 0 where a group has none."""
    by_criterion = method.group_weights.by_criterion if method.group_weights is not None else {}
    return np.array(
        [[by_criterion.get(c.code, {}).get(group, 0.0) for c in method.scored] for group in groups],
        dtype=np.float64,
    ).reshape(len(groups), len(method.scored))


def decide(
    n: Floats, shares: Floats, block: Ints, few: FewBallots, *, hollow: Bools | None = None, thin: Bools | None = None
) -> Decision:
    """Apply the rule for groups with too few ballots, block by block, so that the units of a block stay comparable.

    A unit that no group reaches with enough ballots is not scored and has no say in what happens to its block.
    If at most ``thin_units_share`` of the other units are short in a group, the group stays and those units are
    not scored; if more are, the rule of the method applies to the whole block.

    Parameters
    ----------
    n : (units, groups, K) ballots with a valid answer
    shares : (groups, K) group weights of the method
    block : (units,) number of the ranking block
    hollow : (units, groups, K) cells without a value, however many ballots they have: taken as short
    thin : (units, groups, K) cells that must not be shown without having a say in what happens to the block
    """
    nowhere = np.zeros(n.shape, dtype=np.bool_)
    weighs = np.broadcast_to(shares > 0, n.shape)
    short = weighs & ((n < few.min_ballots) | (nowhere if hollow is None else hollow))
    reached: Bools = np.asarray((weighs & ~short).any(axis=(1, 2)))
    widely = _widely_short(short, reached, block, few)
    kept = _kept(weighs, widely, few.rule)
    effective = _renormalised(np.where(kept, shares, 0.0))
    if few.rule is FewBallotsRule.ZERO:
        effective = np.where(short, 0.0, effective)
    applicable: Bools = np.asarray(kept.any(axis=1))
    kept_thin = kept & (nowhere if thin is None else thin)
    counted_short = kept & short & (few.rule is not FewBallotsRule.ZERO) | kept_thin
    enough: Bools = reached & ~np.asarray(counted_short.any(axis=(1, 2)))
    rule = np.where(kept_thin & ~short, TOO_FEW, _rules(weighs, kept, short, few.rule))
    return Decision(effective, applicable, counted_short, enough, rule)


def _widely_short(short: Bools, reached: Bools, block: Ints, few: FewBallots) -> Bools:
    """Cells whose group is short in more of the block's reached units than may be left unscored."""
    widely = np.zeros_like(short)
    for number in np.unique(block):
        here = block == number
        share = short[here & reached].mean(axis=0) if (here & reached).any() else np.zeros(short.shape[1:])
        widely[here] = share > few.thin_units_share
    return widely


def _kept(weighs: Bools, widely: Bools, rule: FewBallotsRule) -> Bools:
    """Cells that count after the rule was applied to the block."""
    if rule is FewBallotsRule.ZERO:
        return np.array(weighs)
    if rule is FewBallotsRule.BLOCK_OUT:
        return weighs & ~widely.any(axis=1, keepdims=True)
    return weighs & ~widely


def _renormalised(shares: Floats) -> Floats:
    """Shares that sum to 1 over the groups again; all zero where none is left."""
    total = shares.sum(axis=1, keepdims=True)
    result: Floats = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    return result


def _rules(weighs: Bools, kept: Bools, short: Bools, rule: FewBallotsRule) -> npt.NDArray[np.str_]:
    names = np.where(weighs, COUNTED, NO_WEIGHT).astype("U32")
    if rule is FewBallotsRule.ZERO:
        names[weighs & short] = COUNTED_ZERO
        return names
    names[kept & short] = TOO_FEW
    names[weighs & ~kept] = CRITERION_OUT if rule is FewBallotsRule.BLOCK_OUT else GROUP_OUT
    return names


@dataclass(frozen=True)
class Combination:
    """Points and their errors before the index; NaN where a unit or criterion is not scored."""

    group_se: Floats  # (units, groups, K) of the mean, 0..1
    se_method: npt.NDArray[np.str_]  # (units, groups, K)
    points: Floats  # (units, K)
    points_se: Floats  # (units, K)
    max_points: Floats  # (units, K); NaN where the criterion does not apply
    total: Floats  # (units,)
    total_se: Floats  # (units,) of how the unit performs: the raters could have been others
    total_df: Floats  # (units,) of total_se, by Satterthwaite over the groups; NaN where it is zero or not known
    total_se_raters: Floats  # (units,) of what this year's raters said; NaN where the invitees are not known
    influence: Floats  # (rows,) of each ballot on the total of the unit it rates, in points
    n: Floats  # (units,) ballots that count


def combine(
    method: ScoringMethod,
    sums: BallotSums,
    means: DomainMeans,
    decision: Decision,
    block: Ints,
) -> Combination:
    """Points by criterion and in all, with standard errors.

    A ballot that rates a unit on several criteria moves them together: its influences are added up over the criteria
    before they are squared, so that the covariances are in the standard error of the total. Groups are independent.
    """
    below = method.small_samples.below if method.small_samples is not None else 2
    most = np.array([method.max_points_of(criterion) for criterion in method.scored])
    loads = decision.shares * most
    guarded = guarded_variance(means.variance, means.n, means.value, block, below=below, df=means.df)
    points = _weighted(loads, means.value, decision.short)
    points_variance = _weighted(loads**2, guarded.variance, decision.short)
    group_variance, group_df, influence = _total_variance(sums, means, loads, block, below)
    scored = decision.enough & decision.applicable.any(axis=1)
    return Combination(
        group_se=np.sqrt(guarded.variance),
        se_method=guarded.method,
        points=np.where(decision.applicable, points, np.nan),
        points_se=np.where(decision.applicable, np.sqrt(points_variance), np.nan),
        max_points=np.where(decision.applicable, most, np.nan),
        total=np.where(scored, np.where(decision.applicable, points, 0.0).sum(axis=1), np.nan),
        total_se=np.where(scored, np.sqrt(group_variance.sum(axis=1)), np.nan),
        total_df=np.where(scored, _satterthwaite(group_variance, group_df), np.nan),
        total_se_raters=np.where(scored, np.sqrt((group_variance * _unheard(sums, loads)).sum(axis=1)), np.nan),
        influence=influence,
        n=valid_in(sums, loads > 0).sum(axis=1),
    )


def _weighted(loads: Floats, values: Floats, short: Bools) -> Floats:
    """Σ loads × values over the groups (units, K); NaN where a cell that counts has too few ballots."""
    terms = np.where(loads > 0, loads * np.nan_to_num(values), 0.0)
    result: Floats = np.where(short.any(axis=1), np.nan, terms.sum(axis=1))
    return result


def _total_variance(
    sums: BallotSums, means: DomainMeans, loads: Floats, block: Ints, below: int
) -> tuple[Floats, Floats, Floats]:
    """Variance of the total by group and its degrees of freedom (units, groups); influence of each ballot (rows,)."""
    influence = (sums.at_rows(loads) * means.influence).sum(axis=1)
    at_stake = loads.sum(axis=2, keepdims=True)
    reached = (loads * np.nan_to_num(means.value)).sum(axis=2, keepdims=True)
    n = valid_in(sums, loads > 0)[:, :, None]
    valid = counts_in(sums, loads > 0).astype(np.float64)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = (sums.variance(influence[:, None]) + _added(sums, means, loads)) / at_stake**2
        df = sums.degrees_of_freedom(valid, n)
        guarded = guarded_variance(np.nan_to_num(relative), n, reached / at_stake, block, below=below, df=df)
    return np.nan_to_num(guarded.variance * at_stake**2)[:, :, 0], guarded.df[:, :, 0], influence


def _satterthwaite(variance: Floats, df: Floats) -> Floats:
    """Degrees of freedom of a sum of independent variances, (Σ V)² / Σ V²/df: (units,); NaN without any.

    Source: Satterthwaite (1946), Biometrics Bulletin 2(6), 110–114.
    """
    total = variance.sum(axis=1)
    spread = np.where(variance > 0, variance**2 / np.maximum(df, 1), 0.0).sum(axis=1)
    return np.asarray(np.divide(total**2, spread, out=np.full(len(total), np.nan), where=spread > 0))


def _unheard(sums: BallotSums, loads: Floats) -> Floats:
    """Share of the invitees who did not answer (units, groups), for the finite population of this year's raters.

    0 where the group carries nothing; NaN where it is not known, or people were drawn.
    """
    counts = (loads > 0).any(axis=2)
    invited = np.full(sums.shape, np.nan) if sums.invited is None or sums.drawn is not None else sums.invited
    answered = valid_in(sums, loads > 0)
    return np.where(counts, 1 - np.divide(answered, invited, out=np.ones_like(invited), where=invited != 0), 0.0)


def _added(sums: BallotSums, means: DomainMeans, loads: Floats) -> Floats:
    """What the variances of the means hold beyond the influences of the ballots, in points² (units, groups, 1)."""
    beyond = means.variance - sums.variance(means.influence)
    added: Floats = (loads**2 * beyond).sum(axis=2, keepdims=True)
    return added


def scored_codes(method: ScoringMethod) -> list[str]:
    """Codes of the criteria with group weights, in the order of the K axis."""
    return [criterion.code for criterion in method.scored]


def columns_of(criteria: tuple[Criterion, ...]) -> dict[str, int]:
    """Criterion -> its place on the K axis."""
    return {criterion.code: place for place, criterion in enumerate(criteria)}
