"""Replicates made from a design: jackknife, balanced half-samples, bootstraps.

Each takes the first-stage strata and units of the design as they are; the generator of the bootstraps is an argument.
Sources stand in :mod:`analysis.replicates`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.design import LonelyPsu, SurveyDesign
from analysis.faults import AnalysisError
from analysis.hadamard import Signs, hadamard_matrix, hadamard_order, is_hadamard
from analysis.replicates import (
    BLOCK_VALUES,
    HalfSamples,
    Jackknife,
    Method,
    Resamples,
    checked_count,
    factor_rank,
    present_units,
    row_of,
    units_less_groups,
)
from analysis.sums import Bools, Floats, Ints

SMALLEST_FRACTION = 1e-12
"""A sampling fraction below this is what floating point left of none."""


def jk1(design: SurveyDesign, *, mse: bool = False) -> Jackknife:
    """The jackknife of a design without strata: replicate r leaves out unit r; scale (1 - n/N)(n - 1)/n.

    Raises
    ------
    AnalysisError : a design with strata (use :func:`jkn`), or nothing left to vary.
    """
    stage = design.clusters.stages[0]
    if len(stage.drawn) > 1:
        raise AnalysisError("jk1_with_strata", strata=len(stage.drawn))
    return _jackknife(design, Method.JK1, mse)


def jkn(design: SurveyDesign, *, mse: bool = False) -> Jackknife:
    """The stratified jackknife: leaving out a unit of stratum h is scaled by (1 - n_h/N_h)(n_h - 1)/n_h.

    Strata that were drawn whole have no replicates. For a total this is the Taylor variance of the first stage, under
    the lonely-unit rules ``certainty`` and ``average`` too; under ``adjust`` a replicate leaves out the stratum, scaled
    by (H - 1)/H, as in R. (R's ``average`` multiplies by units over replicates, which is another number.)
    """
    return _jackknife(design, Method.JKN, mse)


def brr(
    design: SurveyDesign,
    *,
    fay_rho: float = 0.0,
    matrix: npt.ArrayLike | None = None,
    ignore_fpc: bool = False,
    mse: bool = False,
) -> HalfSamples:
    """Balanced repeated replication: half-samples of a design with two units in each stratum.

    Parameters
    ----------
    fay_rho : 0 takes half-samples; between 0 and 1 (Fay) no unit is ever left out.
    matrix : a Hadamard matrix of ±1 or 0/1, with more rows than there are pairs; its first row is not used. None: the
        smallest that :mod:`analysis.hadamard` makes.
    ignore_fpc : the method knows no population sizes; a design that has them is refused unless this is said.

    Raises
    ------
    AnalysisError : a stratum with an odd number of units, since one would stand in every half-sample or in none and
        its variance be hidden; ``fay_rho`` outside 0..1; an unsuitable matrix.

    Notes
    -----
    A stratum of 2m units is split into m pairs in the order of their labels. Units of strata drawn whole, or lonely
    ones declared certain, stand in every replicate with factor 1. Scale 1/(R (1 - ρ)²). With two units a stratum the
    variance of a total is exactly the stratified one, Σ (t_1 - t_2)².
    """
    if not 0 <= fay_rho < 1:
        raise AnalysisError("bad_fay_rho", rho=fay_rho)
    _refuse_fpc(design, "BRR", ignore_fpc)
    stage, certain = design.clusters.stages[0], _certain(design)
    odd = (stage.drawn % 2 == 1) & ~certain
    if odd.any():
        raise AnalysisError("odd_stratum", row=row_of(design, odd), drawn=int(stage.drawn[odd][0]))
    paired = ~certain[stage.stratum]
    place = np.cumsum(paired) - 1
    pair = np.where(paired, place // 2, -1)
    side = np.where(paired, 1 - 2 * (place % 2), 0).astype(np.int8)
    n_pairs = int(paired.sum()) // 2
    signs = _signs(matrix, n_pairs)
    count = signs.shape[1]
    group = np.where(paired, pair, n_pairs + np.arange(len(pair)))
    return HalfSamples(
        method=Method.FAY if fay_rho else Method.BRR,
        scale=1 / (count * (1 - fay_rho) ** 2),
        rscales=np.ones(count),
        mse=mse,
        group=group,
        degrees_of_freedom=units_less_groups(design, group),
        signs=signs,
        pair=pair,
        side=side,
        fay_rho=fay_rho,
    )


def rao_wu(
    design: SurveyDesign, replicates: int, rng: np.random.Generator, *, ignore_fpc: bool = False, mse: bool = False
) -> Resamples:
    """The Rao–Wu rescaling bootstrap (R: ``subbootstrap``).

    In each stratum n_h - 1 of the n_h units are drawn with replacement; the factor is n_h/(n_h - 1) × times drawn, the
    scale 1/(R - 1). Units count as drawn with replacement; a design with population sizes is refused unless
    ``ignore_fpc``. Lonely units must be certain; they keep factor 1.
    """
    _refuse_fpc(design, Method.SUBBOOTSTRAP.value, ignore_fpc)
    stage, certain = design.clusters.stages[0], _certain(design)
    draws = np.where(certain, 1, stage.drawn - 1)
    times = _drawn_again(stage.drawn, draws, checked_count(replicates), rng)
    multiplier = (stage.drawn / draws)[stage.stratum]
    return _resamples(design, Method.SUBBOOTSTRAP, times, multiplier, scale=1 / (replicates - 1), mse=mse)


def canty_davison(design: SurveyDesign, replicates: int, rng: np.random.Generator, *, mse: bool = False) -> Resamples:
    """The bootstrap of Canty and Davison (R: ``bootstrap``).

    In each stratum n_h units are drawn: with replacement, or where the design has population sizes N_h without
    replacement from a population of N_h units that repeats the sample. The factor is the times drawn, the scale
    m/((m - 1)(R - 1)) with m the harmonic mean of the n_h, as in R; with strata of unlike sizes it is approximate.
    """
    stage, certain = design.clusters.stages[0], _certain(design)
    fractions = _fractions(design)
    if (stage.drawn == 1).all():
        raise AnalysisError("nothing_varies")
    endless = (fractions < SMALLEST_FRACTION) & ~certain
    times = _drawn_again(stage.drawn, np.where(endless, stage.drawn, 0), checked_count(replicates), rng)
    starts = np.cumsum(stage.drawn) - stage.drawn
    for h in np.flatnonzero(~endless):
        drawn = int(stage.drawn[h])
        population = drawn if certain[h] else _whole(drawn / fractions[h])
        times[starts[h] : starts[h] + drawn] = _without_replacement(drawn, population, replicates, rng)
    mean = 1 / np.mean(1 / stage.drawn)
    scale = mean / ((mean - 1) * (replicates - 1))
    return _resamples(design, Method.BOOTSTRAP, times, np.ones(len(stage.stratum)), scale=float(scale), mse=mse)


def _jackknife(design: SurveyDesign, method: Method, mse: bool) -> Jackknife:
    stage = design.clusters.stages[0]
    drawn, n_strata = stage.drawn, len(stage.drawn)
    adjusted = ~stage.centred
    by_stratum = np.where(adjusted, (n_strata - 1) / n_strata, stage.factor * ((drawn - 1) / drawn) ** 2)
    varies = by_stratum > 0
    if not varies.any():
        raise AnalysisError("nothing_varies")
    left_out = np.flatnonzero(varies[stage.stratum])
    rscales, scale = by_stratum[stage.stratum[left_out]], 1.0
    if method is Method.JK1:
        rscales, scale = np.ones(len(left_out)), float(by_stratum[0])
    group = np.where(varies[stage.stratum], stage.stratum, n_strata + np.arange(len(stage.stratum)))
    return Jackknife(
        method=method, scale=scale, rscales=rscales, mse=mse, group=group,
        degrees_of_freedom=units_less_groups(design, group), left_out=left_out, stratum=stage.stratum, drawn=drawn,
        adjusted=adjusted[stage.stratum[left_out]],
    )  # fmt: skip


def _resamples(
    design: SurveyDesign, method: Method, times: npt.NDArray[np.uint16], multiplier: Floats, *, scale: float, mse: bool
) -> Resamples:
    if (times == times[:, :1]).all():
        raise AnalysisError("nothing_varies")
    return Resamples(
        method=method, scale=scale, rscales=np.ones(times.shape[1]), mse=mse,
        group=design.clusters.stages[0].stratum, degrees_of_freedom=factor_rank(times[present_units(design)]) - 1,
        times=times, multiplier=multiplier,
    )  # fmt: skip


def _drawn_again(drawn: Ints, draws: Ints, count: int, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """How often each unit (U,) is drawn in each replicate: ``draws`` (H,) with replacement from ``drawn`` (H,)."""
    n_units = int(drawn.sum())
    times = np.empty((n_units, count), dtype=np.uint16)
    starts, pool = (np.repeat(of_stratum, draws) for of_stratum in (np.cumsum(drawn) - drawn, drawn))
    step = max(1, BLOCK_VALUES // max(len(pool), n_units))
    for start in range(0, count, step):
        size = min(step, count - start)
        unit = starts + (rng.random((size, len(pool))) * pool).astype(np.intp)
        unit += np.arange(size)[:, None] * n_units
        times[:, start : start + size] = np.bincount(unit.ravel(), minlength=size * n_units).reshape(size, -1).T
    return times


def _without_replacement(drawn: int, population: int, count: int, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """How often each of ``drawn`` units comes up among as many of a population that repeats them (drawn, R)."""
    copies = np.full(drawn, population // drawn)
    copies[rng.permutation(drawn)[: population % drawn]] += 1
    return rng.multivariate_hypergeometric(copies, drawn, size=count, method="marginals").T.astype(np.uint16)


def _whole(population: float) -> int:
    """R cuts fractions of a unit off; a whole number that rounding left short stays."""
    return int(population * (1 + 1e-9) + 1e-6)


def _signs(matrix: npt.ArrayLike | None, n_pairs: int) -> Signs:
    """Rows of a Hadamard matrix, one for each pair (P, R)."""
    if n_pairs == 0:
        raise AnalysisError("nothing_varies")
    if matrix is None:
        return hadamard_matrix(hadamard_order(n_pairs))[1 : n_pairs + 1]
    given = np.asarray(matrix)
    given = np.where(given == 0, -1, given)
    signs = given[1 : n_pairs + 1].astype(np.int8)
    if not is_hadamard(given) or len(signs) < n_pairs or signs.sum(axis=1).any():
        raise AnalysisError("bad_hadamard", rows=len(given), pairs=n_pairs)
    return np.asarray(signs)


def _certain(design: SurveyDesign) -> Bools:
    """Strata (H,) whose one unit stands in every replicate: the whole stratum, or declared certain."""
    stage, rule = design.clusters.stages[0], design.lonely_psu
    lonely = stage.drawn == 1
    undeclared = lonely & (~stage.centred | (rule is LonelyPsu.AVERAGE))
    if undeclared.any():
        raise AnalysisError("lonely_in_replicates", row=row_of(design, undeclared), rule=rule.value)
    return np.asarray(lonely)


def _fractions(design: SurveyDesign) -> Floats:
    """Sampling fraction of each first-stage stratum (H,), read back from the factor of its variance."""
    stage = design.clusters.stages[0]
    remaining = stage.factor * np.where(stage.drawn > 1, (stage.drawn - 1) / stage.drawn, 1.0)
    return 1 - remaining


def _refuse_fpc(design: SurveyDesign, method: str, ignored: bool) -> None:
    several = design.clusters.stages[0].drawn > 1
    if not ignored and (several & (_fractions(design) > SMALLEST_FRACTION)).any():
        raise AnalysisError("fpc_unknown_to_method", method=method)
