"""Estimates whose errors come from replicates: the estimate again and again, with the weights of each replicate.

    variance = scale × Σ rscale_r (θ_r - centre)²

Any estimate can be treated so, smooth or not; for totals, means, ratios and proportions the replicates are products of
matrices over the cells of the design. Where the weights of the design were calibrated, every replicate is calibrated
again to the same controls. Degrees of freedom are the rank of the replicate weights less one (R survey's degf), or
the first-stage units less strata with a valid row in the domain if that is less.

References: Wolter (2007), Introduction to Variance Estimation, ch. 3–5; Lumley (2010), Complex Surveys, s. 2.3. Agrees
with R survey 4.1.1 (svymean, svytotal, svyratio and svyby of a svyrep.design). :mod:`analysis.replicate_weights` makes
replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import SurveyDesign
from analysis.domains import domains_of
from analysis.estimate import PLAIN
from analysis.faults import AnalysisError
from analysis.intervals import mean_interval
from analysis.items import Columns, Items, items_of, levels_in, pairs_of
from analysis.options import Options
from analysis.replicate_cells import replicate_cells
from analysis.replicate_run import Run
from analysis.replicates import Replicates
from analysis.results import Estimates, Key, Kind
from analysis.sums import Bools, Floats, Ints

LOST = "lost_in_replicate"
"""Reason for a NaN: some replicate leaves nobody in the domain to estimate from."""

MOST_KEPT = 2**25
"""Deviations that are kept for covariances, in numbers."""


@dataclass(frozen=True)
class Deviations:
    """What covariances need: θ_r - θ of all replicates, and the units of each domain."""

    values: Floats  # (R, D, K)
    replicates: Replicates
    unit: Ints  # (q,) first-stage units that have rows in
    domain: Ints  # (q,) the domain
    answered: Bools  # (q, K) any of them valid

    def combined(self, loads: Floats) -> Floats:
        """Covariance (q, q) of combinations with ``loads`` (D, K, q)."""
        used = (loads != 0).any(axis=2)
        deviations = self.values[:, used]
        if np.isnan(deviations).any():
            replicate = int(np.argmax(np.isnan(deviations).any(axis=1))) + 1
            raise AnalysisError("lost_in_replicate", replicate=replicate)
        return covariance_of(deviations @ loads[used], self.replicates)

    def joint_df(self, keys: Sequence[Key]) -> float:
        has = [self.unit[(self.domain == domain) & self.answered[:, item]] for domain, item in keys]
        return _freedom_of_units(self.replicates, np.unique(np.concatenate(has)))


@dataclass(frozen=True)
class ReplicateEstimates(Estimates):
    """Estimates with errors from replicates; a NaN may have the reason ``lost_in_replicate`` too."""

    deviations: Deviations | None = None

    def _covariance(self, loads: Floats) -> Floats:
        return self._kept().combined(loads)

    def _joint_df(self, keys: list[Key]) -> float:
        return self._kept().joint_df(keys)

    def _kept(self) -> Deviations:
        if self.deviations is None:
            raise AnalysisError("no_covariances")
        return self.deviations


def replicate_estimates(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str] | Items,
    *,
    replicates: Replicates,
    statistic: Kind | str = Kind.MEAN,
    denominators: Sequence[str] = (),
    by: Sequence[str] = (),
    where: Any = None,
    options: Options = PLAIN,
) -> ReplicateEstimates:
    """Means, totals, ratios or proportions by domain, with errors from replicates.

    Parameters
    ----------
    design : with weights that were calibrated, every replicate repeats the calibration.
    frame, items, by, where, options : as for :func:`analysis.estimate.means`; no ``deff``.
    replicates : of this design, from :mod:`analysis.replicate_weights`.
    statistic : mean, total, ratio or proportion.
    denominators : of ratios, one for each item.

    Returns
    -------
    ReplicateEstimates
        (D, K), like :class:`analysis.results.Estimates`. A standard error is NaN with the note ``lost_in_replicate``
        where a replicate leaves nobody in the domain (R drops such replicates, and with them part of the variance).

    Raises
    ------
    AnalysisError : as for :func:`analysis.estimate.means`; replicates of another design; a replicate that loses a
        control of the calibration or does not reach it.
    """
    kind = Kind(statistic)
    run, labels = _prepared(
        design, frame, items, replicates, kind=kind, denominators=denominators, by=by, where=where, options=options
    )
    whole = run.whole()
    kept: list[Floats] = []
    whole["variance"] = run.moments(whole["estimate"], kept if options.covariances else None).variance(replicates)
    joined = ReplicateEstimates.joined([whole], kind, run.cells.columns.names, labels, options)
    lost = np.isnan(joined.se) & ~np.isnan(joined.estimate)
    deviations = None
    if options.covariances:
        deviations = Deviations(
            np.concatenate(kept, axis=1).swapaxes(0, 1), replicates, *run.units_in_domains(), run.answered()
        )
    return replace(joined, note=np.where(lost, LOST, joined.note), deviations=deviations)


@dataclass(frozen=True)
class FunctionEstimates:
    """q numbers made from estimates, with errors from replicates."""

    estimate: Floats  # (q,)
    se: Floats
    low: Floats  # t interval
    high: Floats
    df: float
    covariance: Floats  # (q, q)
    values: Floats  # (R, q) of each replicate


def replicate_function(
    function: Callable[[Floats], npt.ArrayLike],
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str] | Items,
    *,
    replicates: Replicates,
    statistic: Kind | str = Kind.MEAN,
    denominators: Sequence[str] = (),
    by: Sequence[str] = (),
    where: Any = None,
    options: Options = PLAIN,
) -> FunctionEstimates:
    """Anything that can be worked out from estimates, such as a score with caps and rounding, with its error.

    Parameters
    ----------
    function : from estimates (D, K), NaN where nobody answered, to a number or an array of the same q numbers each
        time; called once for the sample and once for each replicate. Domains and items stand as in the result of
        :func:`replicate_estimates`, which takes the other arguments too.

    Returns
    -------
    FunctionEstimates
        Degrees of freedom are those of all domains together. The jackknife is only for smooth functions; BRR and the
        bootstraps serve others too (Wolter 2007, s. 4.2).

    Raises
    ------
    AnalysisError : as for :func:`replicate_estimates`; a value that is not finite, with its replicate.
    """
    kind = Kind(statistic)
    run, _ = _prepared(
        design, frame, items, replicates, kind=kind, denominators=denominators, by=by, where=where, options=options
    )
    centre = _value(function, run.whole()["estimate"], "")
    values = np.empty((replicates.count, len(centre)))
    for chosen, estimates in run.estimates():
        for place in range(estimates.shape[1]):
            replicate = chosen.start + place
            values[replicate] = _value(function, estimates[:, place], f" [#{replicate + 1}]", len(centre))
    covariance = covariance_of(values - centre, replicates)
    se = np.sqrt(np.diag(covariance))
    df = _freedom_of_units(replicates, np.unique(run.units_in_domains()[0]))
    low, high = mean_interval(centre, se, df, level=options.level)
    return FunctionEstimates(centre, se, low, high, df, covariance, values)


def covariance_of(deviations: Floats, replicates: Replicates) -> Floats:
    """Covariance matrix (q, q) of deviations θ_r - θ (R, q)."""
    if not replicates.mse:
        deviations = deviations - deviations[replicates.rscales > 0].mean(axis=0)
    return np.asarray(replicates.scale * (deviations.T * replicates.rscales) @ deviations)


def _value(function: Callable[[Floats], npt.ArrayLike], estimates: Floats, which: str, count: int = 0) -> Floats:
    value = np.asarray(function(estimates), dtype=np.float64).ravel()
    if not np.isfinite(value).all() or (count and len(value) != count):
        raise AnalysisError("function_undefined", replicate=which, value=", ".join(f"{one:g}" for one in value[:5]))
    return value


def _prepared(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str] | Items,
    replicates: Replicates,
    *,
    kind: Kind,
    denominators: Sequence[str],
    by: Sequence[str],
    where: Any,
    options: Options,
) -> tuple[Run, pd.DataFrame]:
    """The cells of the sample with its replicates, and the labels of its domains; checked."""
    if not 0 < options.level < 1:
        raise AnalysisError("bad_level", level=options.level)
    if options.deff is not None:
        raise AnalysisError("no_deff_by_replicates")
    columns = _columns(frame, items, denominators, kind, options)
    domains = domains_of(frame, by, where)
    design.expect_rows(items=columns.shape[0], domains=len(domains.code))
    n_units = len(design.clusters.stages[0].stratum)
    if replicates.n_units != n_units:
        raise AnalysisError("replicates_of_another_design", found=replicates.n_units, expected=n_units)
    kept = replicates.count * domains.count * columns.shape[1]
    if options.covariances and kept > MOST_KEPT:
        raise AnalysisError("too_many_covariances", count=kept, limit=MOST_KEPT)
    return Run(replicate_cells(design, columns, domains), replicates, kind), domains.labels


def _columns(
    frame: pd.DataFrame, items: Sequence[str] | Items, denominators: Sequence[str], kind: Kind, options: Options
) -> Columns:
    if kind is Kind.RATIO and not isinstance(items, Items):
        return pairs_of(frame, items, denominators, missing=options.missing)
    if denominators or kind is Kind.RATIO:
        raise AnalysisError("denominators_of_ratios", statistic=kind.value)
    if kind is not Kind.PROPORTION:
        return items if isinstance(items, Items) else items_of(frame, items, missing=options.missing)
    return levels_in(frame, items, missing=options.missing)


def _freedom_of_units(replicates: Replicates, units: Ints) -> float:
    groups = np.unique(replicates.group[units])
    return float(min(replicates.degrees_of_freedom, len(units) - len(groups)))
