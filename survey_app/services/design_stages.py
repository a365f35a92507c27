"""Designs in two stages, first thôn and then people in them, and the differences that a design will find."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sampling.commune_design import commune_design
from sampling.communes import (
    CommuneDesign,
    Communes,
    Rules,
    VarianceRule,
    communes_of,
    evaluated,
    t_quantile,
)
from sampling.faults import SamplingError
from sampling.quantities import FloatArray
from sampling.rounding import TINY, IntArray, rounded_up
from sampling.size import Conditions, margin_of_mean, margin_of_proportion
from sampling.two_stage import cluster_deff
from survey_app.design_spec import DesignRefused, DesignSpec

ASSUMED_RATIO = 10.0  # price of one more thôn in ballots, where no prices are given (docs/statistics.md)
WIDEST = 0.999999  # the widest aim that can be put to sampling, in units of twice the standard deviation
LEAST_THON = 2  # one first-stage unit shows no error


@dataclass(frozen=True, slots=True)
class Staged:
    """A two-stage design: arrays with one place for each stratum, and what they tell together."""

    completes: IntArray
    n_thon: IntArray
    take: FloatArray
    invite: IntArray
    deff: FloatArray
    df: FloatArray
    margin: FloatArray
    margin_of_all: float
    se_of_all: float
    df_of_all: float


def staged(spec: DesignSpec, sd: FloatArray, n: IntArray, *, evaluate: bool = True) -> Staged:
    """Thôn and ballots per thôn for these numbers of ballots; without ``evaluate`` only the numbers of thôn."""
    thon = np.array([stratum.thon or spec.thon_in_unit or 0 for stratum in spec.strata], dtype=float)
    wanted = np.full(len(n), float(spec.thon_per_unit)) if spec.thon_per_unit else n / (spec.take or 1.0)
    n_thon = np.clip(np.rint(wanted), 1, np.minimum(thon, n)).astype(np.int64)
    if not evaluate:
        empty = np.zeros(len(n))
        return Staged(n, n_thon, n / n_thon, n, empty, empty, empty, math.nan, math.nan, math.nan)
    communes, scale = _communes(spec, sd, None)
    told = np.maximum(n * spec.informative, 1.0) / n_thon
    return _of(spec, evaluated(communes, n_thon, told, rules=_rules(spec)), n, scale)


def cheapest_two_stage(spec: DesignSpec, sd: FloatArray, cost: FloatArray) -> Staged:
    """The cheapest numbers of thôn and of ballots per thôn that reach the margins of the spec."""
    communes, scale = _communes(spec, sd, cost)
    margin = None if spec.unit_margin is None else min(spec.unit_margin / scale, WIDEST)
    city = None if spec.margin is None else min(spec.margin / scale, WIDEST)
    try:
        design = commune_design(communes, margin=margin, city_margin=city, rules=_rules(spec))
    except SamplingError as error:
        if error.code != "city_out_of_reach":
            raise
        best = float(str(error.params["best"])) * scale
        raise DesignRefused("margin_out_of_reach", "margin", margin=spec.margin, best=best) from error
    n_thon, told = (design.communes[name].to_numpy(dtype=float) for name in ("n_thon", "take"))
    most = np.maximum(np.floor(communes.per_thon * communes.response_rate / spec.informative * (1 + TINY)), 1.0)
    take = np.minimum(np.ceil(told / spec.informative * (1 - TINY)), most)
    if spec.take:  # a bound on the ballots of a thôn: more thôn first where the unit has too few
        n_thon = np.minimum(np.maximum(n_thon, np.ceil(spec.minimum / take)), communes.thon)
    take = np.minimum(np.maximum(take, np.ceil(spec.minimum / n_thon)), most)
    design = evaluated(communes, n_thon, np.maximum(take * spec.informative, 1 / n_thon), rules=_rules(spec))
    return _of(spec, design, np.rint(n_thon * take).astype(np.int64), scale)


def detectable_difference(spec: DesignSpec, se: FloatArray, df: FloatArray | None) -> FloatArray:
    """The true difference of two units, each with this design, that is found with the power of the spec.

    (t for the confidence + t for the power) times the standard error of the difference; degrees of freedom of both
    units together. ``se``: of a unit, by :func:`process_se`.
    References: Bloom (1995), Evaluation Review 19, 547-556; Valliant, Dever, Kreuter (2018), s. 4.3.
    """
    both = np.full(len(se), np.inf)
    if df is not None:
        both = 2 * df if spec.variance is VarianceRule.OWN else df
    known = np.where(both > 0, both, 1.0)
    quantiles = t_quantile(known, spec.confidence) + t_quantile(known, 2 * spec.power - 1)
    return np.where(both > 0, quantiles * math.sqrt(2) * se, np.inf)


def process_se(spec: DesignSpec, p: float, sd: float, n: int, deff: float) -> float:
    """The standard error of a unit; no finite population, as a difference asks about the process behind the answers."""
    under = Conditions(spec.confidence, None, float(deff))
    if spec.of_means:
        return margin_of_mean(n, sd=sd, under=under).se
    return margin_of_proportion(n, p=p, under=under).se


def _communes(spec: DesignSpec, sd: FloatArray, cost: FloatArray | None) -> tuple[Communes, float]:
    """The strata as communes, and the factor that turns their margins into those of the spec.

    A mean has the variance of a share p with p (1-p) = sd**2, in units of twice the largest sd.
    """
    if spec.of_means:
        scale = 2 * float(sd.max())
        p = np.minimum(0.5 + 0.5 * np.sqrt(np.maximum(1 - (2 * sd / scale) ** 2, 0.0)), 1 - TINY)
    else:
        scale, p = 1.0, np.array([spec.p if stratum.p is None else stratum.p for stratum in spec.strata])
    priced = cost is not None and bool(np.all(np.isfinite(cost)))
    made = communes_of(
        [stratum.code for stratum in spec.strata],
        [stratum.thon or spec.thon_in_unit for stratum in spec.strata],
        [max(math.floor(stratum.population * spec.informative), 1) for stratum in spec.strata],
        icc=spec.icc,
        p=p,
        response_rate=spec.response_rate,
        cost_thon=spec.cost_thon if priced and spec.cost_thon > 0 else ASSUMED_RATIO,
        cost_person=cost if priced and spec.cost_thon > 0 else 1.0,
    )
    return made, scale


def _rules(spec: DesignSpec) -> Rules:
    usual = Rules().minimum_thon if spec.variance is VarianceRule.OWN else LEAST_THON
    least = max(spec.thon_per_unit or usual, LEAST_THON)
    return Rules(spec.confidence, spec.variance, least, _most(spec))


def _most(spec: DesignSpec) -> int | None:
    """The most people with an opinion in one thôn, where the ballots in one are bounded."""
    return max(1, math.floor(spec.take * spec.informative)) if spec.take else None


def _of(spec: DesignSpec, design: CommuneDesign, n: IntArray, scale: float) -> Staged:
    """A design of the people with an opinion, with the ballots and invitations that it takes to find them."""
    table, city = design.communes, design.city
    told = table["take"].to_numpy(dtype=float)
    n_thon = table["n_thon"].to_numpy(dtype=np.int64)
    own = spec.variance is VarianceRule.OWN
    margin = table["margin_own" if own else "margin_pooled"].to_numpy(dtype=float) * scale
    df = table["df"].to_numpy(dtype=float) if own else np.full(len(table), city.df)
    invited = [rounded_up(take / spec.response_rate) for take in (n / n_thon).tolist()]
    return Staged(
        completes=n,
        n_thon=n_thon,
        take=n / n_thon,
        invite=n_thon * np.array(invited, dtype=np.int64),
        deff=np.array([cluster_deff(max(k, 1.0), spec.icc) for k in told.tolist()]),
        df=df,
        margin=margin,
        margin_of_all=city.margin * scale,
        se_of_all=city.se * scale,
        df_of_all=city.df,
    )
