"""Balanced samples by the cube: the estimated totals of auxiliary variables equal their totals in the frame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.optimize import linprog

from sampling.faults import SamplingError
from sampling.inclusion import CERTAIN, WHOLE, Floats, Numbers, Positions, checked_probabilities, first_few

VARIABLE = ("biến cân bằng", "balancing variable")
SETTLED = 1e-11  # nearer to 0 or 1 than this is decided
LANDING_SAMPLES = 5_000  # possible samples a linear program may weigh up


class Landing(StrEnum):
    """How the last few units are decided, when no step keeps all totals any more."""

    LINEAR_PROGRAM = "linear-program"  # among all samples of the rest, the mixture with the least expected imbalance
    SUPPRESSION = "suppression"  # give up the variables one by one, the last named first


@dataclass(frozen=True, slots=True)
class Balanced:
    """A balanced sample, and how well it is balanced."""

    positions: Positions
    totals: Floats  # of the balancing variables in the frame
    estimates: Floats  # Horvitz-Thompson estimates of these totals from the sample
    undecided: int  # units that the flight left to the landing; it explains what the totals are off
    landing: Landing

    @property
    def deviations_pct(self) -> Floats:
        """100 (estimate - total) / |total|; NaN where a total is 0."""
        apart = self.estimates - self.totals
        found: Floats = np.divide(apart, np.abs(self.totals), out=np.full(len(apart), np.nan), where=self.totals != 0)
        return 100 * found


def cube(
    balancing: npt.ArrayLike, probabilities: Numbers, rng: np.random.Generator, *, landing: Landing | None = None
) -> Balanced:
    """A sample by the cube method, with the inclusion probabilities asked for.

    Parameters
    ----------
    balancing : units x variables (at least one), numbers without gaps, in order of importance
    probabilities : inclusion probability of each unit, above 0. They are always the first balancing variable, so
        where they sum to a whole number the size of the sample is fixed
    rng : the generator
    landing : None: by linear program where at most 5000 samples are possible at the end, else by suppression

    Returns
    -------
    Balanced; the flight keeps every total exactly (to rounding), the landing decides at most as many units as there
    are variables (the probabilities included).

    Raises
    ------
    SamplingError : missing values, probabilities of 0, tables of different length

    Notes
    -----
    Flight by the fast algorithm: of the undecided units, in random order, the first p + 1 are moved along a vector
    that keeps the p totals until one of them is decided, and the next unit takes its place. Time grows with units
    times p squared.

    References
    ----------
    Deville, Tillé (2004), Biometrika 91: 893-912; Chauvet, Tillé (2006), Computational Statistics 21: 53-62;
    Tillé (2006) ch. 8. R: sampling::samplecube.
    """
    pi, x = _checked(balancing, probabilities)
    ratios = _ratios(pi, x)
    state = _flown(ratios, pi, rng)
    rest = np.flatnonzero((state > 0) & (state < 1))
    chosen = landing or _landing_for(state[rest])
    land = _by_linear_program if chosen is Landing.LINEAR_PROGRAM else _by_suppression
    if rest.size:
        state[rest] = land(ratios, state, rest, rng)
    drawn = np.flatnonzero(state > 0.5)
    return Balanced(drawn, x.sum(axis=0), (x[drawn] / pi[drawn, None]).sum(axis=0), len(rest), chosen)


def flight(balancing: npt.ArrayLike, probabilities: Numbers, rng: np.random.Generator) -> Floats:
    """The first phase of the cube: most units decided (exactly 0 or 1), the others with the probabilities left to them.

    Every balancing total, and the sum of the probabilities, is kept to rounding: sum(x state / pi) = sum(x). Not more
    units stay undecided than there are variables (the probabilities included). Arguments as :func:`cube`.
    """
    pi, x = _checked(balancing, probabilities)
    return _flown(_ratios(pi, x), pi, rng)


def _ratios(pi: Floats, x: Floats) -> Floats:
    """x / pi, each variable brought to a largest value of 1."""
    ratios: Floats = x / pi[:, None]
    largest: Floats = np.abs(ratios).max(axis=0).clip(min=np.finfo(float).tiny)
    return ratios / largest


def _flown(ratios: Floats, pi: Floats, rng: np.random.Generator) -> Floats:
    state = np.where(pi < 1 - CERTAIN, pi, 1.0)
    order = rng.permutation(np.flatnonzero(state < 1))
    state[order] = _flight(ratios[order], state[order], rng)
    return state


def _checked(balancing: npt.ArrayLike, probabilities: Numbers) -> tuple[Floats, Floats]:
    """Probabilities, and the balancing variables with the probabilities before them."""
    pi = checked_probabilities(probabilities)
    if (pi <= CERTAIN).any():
        raise SamplingError("not_a_probability", units=first_few(np.flatnonzero(pi <= CERTAIN)), value=0.0)
    try:
        x = np.asarray(balancing, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SamplingError("not_numbers", vi=VARIABLE[0], en=VARIABLE[1]) from error
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or not x.shape[1]:
        raise SamplingError("not_a_vector", vi=VARIABLE[0], en=VARIABLE[1], shape=x.shape)
    if len(x) != len(pi):
        raise SamplingError("lengths_differ", values=len(x), units=len(pi))
    unknown = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if unknown.size:
        raise SamplingError("missing_numbers", vi=VARIABLE[0], en=VARIABLE[1], units=first_few(unknown))
    return pi, np.column_stack([pi, x])


def _flight(ratios: Floats, start: Floats, rng: np.random.Generator) -> Floats:
    """Decide units until no vector keeps all totals; decided ones are exactly 0 or 1."""
    state = start.copy()
    n_units, n_variables = ratios.shape
    if n_units > n_variables + 1:
        _fast_flight(ratios, state, rng)
    rest = np.flatnonzero((state > 0) & (state < 1))
    while rest.size:
        left, values, _right = np.linalg.svd(ratios[rest], full_matrices=True)
        rank = int((values > SETTLED * max(1.0, values[0])).sum())
        if rank == len(rest):
            break
        state[rest] = _moved(state[rest], left[:, -1], rng.random())
        rest = rest[(state[rest] > 0) & (state[rest] < 1)]
    return state


def _fast_flight(ratios: Floats, state: Floats, rng: np.random.Generator) -> None:
    """Move p + 1 units at a time until the units run out; writes into ``state``."""
    n_units, n_variables = ratios.shape
    size = n_variables + 1
    places = np.arange(size)
    pool, moving = np.asfortranarray(ratios[:size]), state[:size].copy()
    last = np.zeros((size, 1), order="F")
    last[-1] = 1.0
    chances = rng.random((n_units,))
    upcoming = size
    while True:
        # the last column of Q in pool = QR is orthogonal to the columns of the pool, whatever their rank
        reflectors, scales, _work, _info = lapack.dgeqrf(pool)
        kernel: Floats = lapack.dormqr("L", "N", reflectors, scales, last, size * 64)[0][:, 0]
        moving = _moved(moving, kernel, chances[upcoming - size])
        for place in np.flatnonzero((moving == 0) | (moving == 1)):
            state[places[place]] = moving[place]
            if upcoming == n_units:
                state[places] = moving
                return
            places[place], moving[place], pool[place] = upcoming, state[upcoming], ratios[upcoming]
            upcoming += 1


def _moved(state: Floats, direction: Floats, chance: float) -> Floats:
    """The state moved along the direction or against it until a unit is decided, so that its mean stays."""
    size = np.abs(direction)
    size[size < SETTLED] = np.nan
    rising = direction > 0
    forth = np.where(rising, 1 - state, state) / size
    back = np.where(rising, state, 1 - state) / size
    step_forth, step_back = np.nanmin(forth), np.nanmin(back)
    if chance * (step_forth + step_back) < step_back:
        moved, decided, up = state + step_forth * direction, int(np.nanargmin(forth)), rising
    else:
        moved, decided, up = state - step_back * direction, int(np.nanargmin(back)), ~rising
    moved[decided] = 1.0 if up[decided] else 0.0
    moved[moved < SETTLED] = 0.0
    moved[moved > 1 - SETTLED] = 1.0
    return moved


def _landing_for(rest: Floats) -> Landing:
    n_samples = sum(comb(len(rest), size) for size in _sizes(rest))
    return Landing.LINEAR_PROGRAM if n_samples <= LANDING_SAMPLES else Landing.SUPPRESSION


def _sizes(rest: Floats) -> range:
    """The sizes of sample that keep the expected size of the rest."""
    total = float(rest.sum())
    if abs(total - round(total)) < WHOLE:
        return range(round(total), round(total) + 1)
    return range(int(total), int(total) + 2)


def _by_linear_program(ratios: Floats, state: Floats, rest: Positions, rng: np.random.Generator) -> Floats:
    """Of all mixtures of samples of the rest that keep its probabilities, the one with the least imbalance.

    The imbalance of a sample is the squared distance of its totals in the metric of the whole frame
    (Tillé 2006 s. 8.6.2).
    """
    waiting = state[rest]
    samples = np.array(
        [
            np.isin(np.arange(len(rest)), drawn)
            for size in _sizes(waiting)
            for drawn in combinations(range(len(rest)), size)
        ],
        dtype=np.float64,
    )
    off = (samples - waiting) @ ratios[rest]
    costs = ((off @ np.linalg.pinv(ratios.T @ ratios)) * off).sum(axis=1)
    keeps = np.vstack([samples.T, np.ones(len(samples))])
    found = linprog(costs / max(costs.max(), np.finfo(float).tiny), A_eq=keeps, b_eq=np.append(waiting, 1.0))
    if not found.success:
        raise SamplingError("landing_failed", reason=found.message)
    ends = np.cumsum(np.clip(found.x, 0, None))
    drawn_sample: Floats = samples[np.searchsorted(ends, rng.random() * ends[-1], side="right").clip(max=len(ends) - 1)]
    return drawn_sample


def _by_suppression(ratios: Floats, state: Floats, rest: Positions, rng: np.random.Generator) -> Floats:
    """Go on with fewer and fewer variables; at the end only the size is kept, and then nothing."""
    left = state[rest].copy()
    for n_variables in range(ratios.shape[1] - 1, 0, -1):
        waiting = np.flatnonzero((left > 0) & (left < 1))
        left[waiting] = _flight(ratios[rest[waiting], :n_variables], left[waiting], rng)
    waiting = np.flatnonzero((left > 0) & (left < 1))
    left[waiting] = rng.random(len(waiting)) < left[waiting]
    return left
