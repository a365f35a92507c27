"""Joint inclusion probabilities of designs of fixed size, and the variance of a total that rests on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from sampling.entropy import Coins, conditional_poisson
from sampling.faults import SamplingError
from sampling.inclusion import (
    Floats,
    Numbers,
    Positions,
    checked_n,
    checked_probabilities,
    numbers_of,
    split,
)
from sampling.unequal import Elimination

LARGEST = 10_000  # rows of a joint matrix (800 MB)


def joint_simple(n_frame: int, n: int, units: int | None = None) -> Floats:
    """Joint inclusion probabilities of simple random sampling without replacement: n (n - 1) / (N (N - 1)).

    The matrix is that of as many ``units`` as are wanted (default: all), as all pairs are alike.
    """
    wanted = n_frame if units is None else units
    _small_enough(wanted)
    n = checked_n(n, n_frame)
    pair = n * (n - 1) / (n_frame * (n_frame - 1)) if n_frame > 1 else 1.0
    found = np.full((wanted, wanted), pair)
    np.fill_diagonal(found, n / n_frame)
    return found


def joint_systematic(probabilities: Numbers, at: Positions | None = None) -> Floats:
    """Joint inclusion probabilities of the systematic draw in the order given; 0 for most neighbours.

    A unit is drawn when the random start falls on its arc of a circle of length 1; returned is what two arcs share.

    Parameters
    ----------
    probabilities : inclusion probability of each unit of the frame, in the order of the draw
    at : positions of the units wanted (default: all)

    Returns
    -------
    matrix units wanted x units wanted; its diagonal holds the inclusion probabilities

    References
    ----------
    Tillé (2006) ch. 7. R: sampling::UPsystematicpi2.
    """
    return _joined(probabilities, at, _overlaps)


def joint_tille(probabilities: Numbers, at: Positions | None = None) -> Floats:
    """Joint inclusion probabilities of Tillé's eliminatory draw.

    The product over the steps of 1 - v_k - v_l (v: probability to be eliminated at the step). A pair passes from
    certain to uncertain in at most two steps; in all the others v is the same for every uncertain unit, so the product
    has a closed form. Arguments and result as :func:`joint_systematic`.

    References
    ----------
    Tillé (1996); Tillé (2006) ch. 6. R: sampling::UPtillepi2.
    """
    return _joined(probabilities, at, _eliminated)


def joint_maximum_entropy(probabilities: Numbers, at: Positions | None = None) -> Floats:
    """Joint inclusion probabilities of the maximum entropy (conditional Poisson) draw.

    Arguments and result as :func:`joint_systematic`. By Fourier sums, so units with equal or nearly equal
    probabilities need no special case.

    References
    ----------
    Chen, Dempster, Liu (1994); Tillé (2006) ch. 5. R: sampling::UPmaxentropypi2 (which iterates to 1e-6 only).
    """
    return _joined(probabilities, at, _max_entropy)


def joint_sampford(probabilities: Numbers, at: Positions | None = None) -> Floats:
    """Joint inclusion probabilities of Sampford's draw; arguments and result as :func:`joint_systematic`.

    References
    ----------
    Sampford (1967). R: sampling::UPsampfordpi2, whose alternating sums give out beyond some dozens of draws.
    """
    return _joined(probabilities, at, _sampford)


def joint_hajek(probabilities: Numbers, at: Positions | None = None) -> Floats:
    """Hájek's approximation: pi_k pi_l (1 - (1 - pi_k)(1 - pi_l) / sum(pi (1 - pi))).

    For designs of high entropy whose joint probabilities are out of reach: Brewer, randomised systematic. Good where
    sum(pi (1 - pi)) is large (above about 10), rough below. Arguments and result as :func:`joint_systematic`.

    References
    ----------
    Hájek (1964), theorem 5.2.
    """
    return _joined(probabilities, at, _hajek)


def _joined(probabilities: Numbers, at: Positions | None, inner: Callable[[Floats, int, Positions], Floats]) -> Floats:
    """The matrix of the open units by ``inner``; with a certain unit, two are together as often as the other is in."""
    pi = checked_probabilities(probabilities)
    part = split(pi)
    wanted = np.arange(len(pi)) if at is None else np.asarray(at)
    _small_enough(len(wanted))
    place = np.full(len(pi), -1)
    place[part.open] = np.arange(len(part.open))
    inside = np.flatnonzero(place[wanted] >= 0)
    found = np.multiply.outer(pi[wanted], pi[wanted])
    if inside.size:
        found[np.ix_(inside, inside)] = inner(part.probabilities, part.n_open, place[wanted[inside]])
    np.fill_diagonal(found, pi[wanted])
    return found


def _small_enough(n_rows: int) -> None:
    if n_rows > LARGEST:
        raise SamplingError("joint_too_large", units=n_rows, limit=LARGEST)


def _overlaps(p: Floats, n: int, at: Positions) -> Floats:  # noqa: ARG001
    starts, lengths = (np.cumsum(p) - p)[at], p[at]
    ahead = np.mod(starts[None, :] - starts[:, None], 1.0)

    def overlap(shift: Floats) -> Floats:
        ends: Floats = np.minimum(lengths[:, None], shift + lengths[None, :])
        return np.maximum(ends - np.maximum(shift, 0.0), 0.0)

    found = overlap(ahead) + overlap(ahead - 1.0)
    found[found < 1e-12] = 0.0  # arcs that only touch
    return found


def _eliminated(p: Floats, n: int, at: Positions) -> Floats:
    steps = Elimination.of(p, n)
    slope = steps.slope
    rank = np.empty(len(p), dtype=np.int64)
    rank[steps.order] = np.arange(len(p))
    # index of the largest sample size at which the unit is uncertain; slope[i] belongs to size n + i
    last = np.searchsorted(steps.n_certain, rank[at], side="right") - 1
    both = np.append(1.0, np.cumprod(1 - 2 * (1 - slope[:-2] / slope[1:-1])))  # steps in which both are uncertain
    later = np.minimum.outer(last, last)  # where the larger of the two passes

    def probability(unit_sizes: Floats, index: Positions) -> Floats:
        certain = steps.n_certain[index] > rank[at][:, None]
        return np.where(certain, 1.0, unit_sizes * slope[index])

    size = p[at][:, None]
    now, before = probability(size, later), probability(size, later + 1)
    gone = 1 - now / before  # of the row's unit, at the step in which the larger of the pair passes
    # so far the smaller one has come while the larger was certain
    alone = np.where(last[:, None] > last[None, :], before, 1.0)
    together: Floats = alone * alone.T * (1 - gone - gone.T) * both[later]
    return together


def _max_entropy(p: Floats, n: int, at: Positions) -> Floats:
    coins = conditional_poisson(p, n)
    nodes = coins.fourier()
    if n < 2:
        return np.zeros((len(at), len(at)))
    heads = coins.heads[at]
    without = nodes.without(heads)
    pairs = ((without * (nodes.term * nodes.turn**2)) @ without.T).real / nodes.term.sum().real
    together: Floats = np.multiply.outer(heads, heads) * pairs
    return together


def _sampford(p: Floats, n: int, at: Positions) -> Floats:
    """Each sample of the conditional draw counts sum(1 - p) times: a sum that is taken inside the Fourier sum."""
    if n < 2:
        return np.zeros((len(at), len(at)))
    coins = Coins.of(logit(p), n)
    nodes = coins.fourier()
    total = np.zeros(len(nodes.turn), dtype=np.complex128)  # sum over all units of (1 - p) E[heads] at each node
    for block in np.array_split(np.arange(len(p)), max(1, len(p) * len(total) // 2**20)):
        total += ((1 - p[block]) * coins.heads[block]) @ nodes.without(coins.heads[block])
    total *= nodes.turn
    heads, miss = coins.heads[at], (1 - p[at])[:, None]
    without = nodes.without(heads)
    surplus = miss * (1 - heads[:, None] * nodes.turn * without)
    term = nodes.term * nodes.turn**2
    half = ((without * surplus * term) @ without.T).real
    pairs = ((without * total * term) @ without.T).real + half + half.T
    together: Floats = np.multiply.outer(heads, heads) * pairs / (nodes.term * total).sum().real
    return together


def _hajek(p: Floats, n: int, at: Positions) -> Floats:  # noqa: ARG001
    spread = float((p * (1 - p)).sum())
    miss = np.multiply.outer(1 - p[at], 1 - p[at])
    together: Floats = np.multiply.outer(p[at], p[at]) * (1 - miss / spread)
    return together


def joint_strata(blocks: Sequence[Floats]) -> Floats:
    """Joint inclusion probabilities of independent draws, the units block after block."""
    whole = np.concatenate([np.diag(block) for block in blocks])
    _small_enough(len(whole))
    found: Floats = np.multiply.outer(whole, whole)
    start = 0
    for block in blocks:
        found[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return found


@dataclass(frozen=True, slots=True)
class TotalEstimate:
    """An estimated total, its estimated variance (may come out negative: then it estimates nothing) and the formula."""

    total: float
    variance: float
    formula: str


def horvitz_thompson(values: Numbers, joint: Floats) -> TotalEstimate:
    """The total of the frame and its variance by Horvitz and Thompson.

    Parameters
    ----------
    values : the variable, for the units of the sample
    joint : joint inclusion probabilities of these units; the inclusion probabilities on the diagonal

    Raises
    ------
    SamplingError : two units of the sample have a joint probability of 0 (systematic draws), missing values

    References
    ----------
    Horvitz, Thompson (1952), JASA 47: 663-685. R: sampling::varHT(y, pikl, 1).
    """
    y, pi, pairs = _sampled(values, joint)
    expanded = y / pi
    delta = 1 - np.multiply.outer(pi, pi) / pairs
    np.fill_diagonal(delta, 1 - pi)
    return TotalEstimate(float(expanded.sum()), float(expanded @ delta @ expanded), "Horvitz-Thompson")


def sen_yates_grundy(values: Numbers, joint: Floats) -> TotalEstimate:
    """The total of the frame and its variance by Sen, Yates and Grundy; for samples of fixed size only.

    0 where ``values`` are proportional to the inclusion probabilities. Arguments and errors as
    :func:`horvitz_thompson`.

    References
    ----------
    Sen (1953), Journal of the Indian Society of Agricultural Statistics 5; Yates, Grundy (1953), JRSS B 15: 253-261.
    R: sampling::varHT(y, pikl, 2).
    """
    y, pi, pairs = _sampled(values, joint)
    expanded = y / pi
    apart = (expanded[:, None] - expanded[None, :]) ** 2
    variance = 0.5 * float((apart * (np.multiply.outer(pi, pi) / pairs - 1)).sum())
    return TotalEstimate(float(expanded.sum()), variance, "Sen-Yates-Grundy")


def deville(values: Numbers, probabilities: Numbers) -> TotalEstimate:
    """The total and Deville's variance, which needs no joint probabilities: for Brewer, randomised systematic, cube.

    Assumes a design of fixed size and high entropy. ``values`` and ``probabilities`` are those of the sample, which
    needs two units that were not certain.

    References
    ----------
    Deville (1993), Estimation de la variance pour les enquêtes en deux phases, INSEE; Tillé (2006) ch. 7.
    R: sampling::varest.
    """
    pi = checked_probabilities(probabilities)
    y = _of_length(values, len(pi))
    if (pi <= 0).any() or (pi < 1).sum() == 1:
        raise SamplingError("variance_needs_two", units=int((pi < 1).sum()))
    expanded, miss = y / pi, 1 - pi
    if not miss.any():
        return TotalEstimate(float(expanded.sum()), 0.0, "Deville")
    share = miss / miss.sum()
    centre = float(share @ expanded)
    variance = float(miss @ (expanded - centre) ** 2) / (1 - float(share @ share))
    return TotalEstimate(float(expanded.sum()), variance, "Deville")


def _sampled(values: Numbers, joint: Floats) -> tuple[Floats, Floats, Floats]:
    pairs = np.asarray(joint, dtype=np.float64)
    if pairs.ndim != 2 or pairs.shape[0] != pairs.shape[1]:
        raise SamplingError("joint_not_square", shape=pairs.shape)
    y = _of_length(values, len(pairs))
    impossible = np.argwhere(~(pairs > 0))
    if impossible.size:
        raise SamplingError("joint_zero", first=int(impossible[0][0]) + 1, second=int(impossible[0][1]) + 1)
    return y, np.diag(pairs), pairs


def _of_length(values: Numbers, length: int) -> Floats:
    y = numbers_of(("giá trị", "values"), values)
    if len(y) != length:
        raise SamplingError("lengths_differ", values=len(y), units=length)
    return y
