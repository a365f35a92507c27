"""Variances that do not take the unanimity of a few for certainty, and how each was obtained.

With two thôn to a commune, or five ballots to a unit, the variance within the domain is itself hardly known, and is
zero where the few agree. A block of comparable domains knows it better: their variances between first-stage units are
pooled, and where even the whole block agrees, the answer is treated as all or nothing with four more observations.
Every variance says which of the three it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.faults import AnalysisError
from analysis.intervals import mean_interval
from analysis.results import Estimates
from analysis.sums import Floats, Ints

LINEARISED, POOLED, AGRESTI_COULL, NONE = "linearised", "pooled", "agresti_coull", ""


@dataclass(frozen=True)
class Guarded:
    """Variances with the method and the degrees of freedom of each; arrays have one shape, domains first."""

    variance: Floats
    method: npt.NDArray[np.str_]
    df: Floats


def guarded_variance(
    variance: Floats, n: Floats, value: Floats, block: Ints, *, below: int, df: Floats | None = None
) -> Guarded:
    """Variances of means that a few alike answers cannot make zero.

    Where fewer than ``below`` first-stage units carry a mean, or where all agree, the variance is at least the pooled
    one, Σ df·n·V / Σ df over the block, over n (``pooled``): n·V is the variance of one answer with its design effect.
    If the whole block agrees, it is that of Agresti and Coull for an answer that is all or nothing, p(1-p)/(n+4) with
    p = (n·value + 2)/(n + 4): the largest that a mean of values in 0..1 can have (``agresti_coull``).

    Parameters
    ----------
    variance, n, value : (domains, ...); value in 0..1; NaN without answers
    block : (domains,) number of the block of comparable domains
    below : first-stage units under which the pooled variance is the least that is accepted
    df : (domains, ...) degrees of freedom; None: every answer is its own unit, n - 1

    Notes
    -----
    Assumes that answers vary alike, and cluster alike, in all domains of a block.

    References
    ----------
    Agresti, Coull (1998), The American Statistician 52(2), 119–126.
    """
    freedom: Floats = np.clip(n - 1 if df is None else df, 0, None)
    spread, total = _pooled(freedom, n * variance, block)
    pooled = spread / np.maximum(n, 1)
    use_pooled = ((freedom + 1 < below) | (variance == 0)) & (pooled > variance)
    result = np.where(use_pooled, pooled, variance)
    p = (n * np.nan_to_num(value) + 2) / (n + 4)
    agreed = (result == 0) & (n > 0)
    result = np.where(agreed, p * (1 - p) / (n + 4), result)
    names = np.where(agreed, AGRESTI_COULL, np.where(use_pooled, POOLED, LINEARISED))
    answered = n > 0
    return Guarded(
        np.where(answered, result, np.nan),
        np.where(answered, names, NONE),
        np.where(agreed, np.inf, np.where(use_pooled, total, freedom)),  # Agresti and Coull's goes with the normal law
    )


def _pooled(freedom: Floats, spread: Floats, block: Ints) -> tuple[Floats, Floats]:
    """Σ df·s / Σ df over the domains of each block, handed back to the domains, and Σ df."""
    pooled, total = np.zeros(spread.shape), np.zeros(spread.shape)
    for number in np.unique(block):
        here = block == number
        total[here] = freedom[here].sum(axis=0)
        pooled[here] = np.nansum(freedom[here] * spread[here], axis=0) / np.maximum(total[here], 1)
    return pooled, total


def guarded(estimates: Estimates, block: Any, *, low: float, high: float, below: int) -> tuple[Estimates, Guarded]:
    """Means or proportions on a scale from ``low`` to ``high``, with guarded errors and t intervals within the scale.

    Parameters
    ----------
    block : (domains,) label of the block of comparable domains of each domain; a single label makes one block
    below : see :func:`guarded_variance`

    Raises
    ------
    AnalysisError : an estimate that lies outside the scale, which then is not the scale.
    """
    outside = (estimates.estimate < low) | (estimates.estimate > high)
    if outside.any():
        item, value = estimates.items[int(np.nonzero(outside)[1][0])], float(estimates.estimate[outside][0])
        raise AnalysisError("off_scale", item=item, value=f"{value:g}", low=f"{low:g}", high=f"{high:g}")
    labels = np.broadcast_to(np.asarray(block), (len(estimates.domains),))
    _, numbers = np.unique(labels, return_inverse=True)
    span = high - low
    found = guarded_variance(
        np.nan_to_num(estimates.se / span) ** 2,
        estimates.n,
        (estimates.estimate - low) / span,
        numbers.astype(np.intp),
        below=below,
        df=estimates.df,
    )
    se = np.sqrt(found.variance) * span
    interval = mean_interval(estimates.estimate, se, found.df, level=estimates.level)
    lower, upper = (np.clip(side, low, high) for side in interval)
    note = np.where(found.method == NONE, estimates.note, np.where(found.df < 1, estimates.note, ""))
    return replace(estimates, se=se, df=found.df, note=note, low=lower, high=upper, deff=None), found
