"""Means, totals, ratios and proportions of a survey, for many items and many domains in one call.

With w the weight of a row, and sums over the valid rows of a domain:

    total       T = Σ w y                  linearised  z = y
    ratio       R = Σ w y / Σ w x                      z = (y - R x) / Σ w x
    mean        the ratio with x = 1 in every valid row
    proportion  the mean of the 0/1 variable of one level

The variance is that of Σ w z over the design (:mod:`analysis.clusters`); rows outside the domain count as zeros, so
that units without a row in the domain still take part. Degrees of freedom are first-stage units less strata with a
valid row in the domain. A row whose answer is missing is outside the domain of that item, and of that item alone.

References: Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, s. 5.6–5.8 and ch. 10; Lumley (2010),
Complex Surveys, ch. 2–3. Agrees with R survey 4.1.1 and 4.5 (svymean, svytotal, svyratio, svyby).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.calibrated import CalibratedInfluence
from analysis.cells import CellIndex, CellSums, DomainMoments
from analysis.clusters import DomainStage, domain_stages
from analysis.design import SurveyDesign
from analysis.domains import Domains, domains_of
from analysis.faults import AnalysisError
from analysis.items import Columns, Items, items_of, levels_in, pairs_of
from analysis.linearised import Influence
from analysis.options import DesignEffect, Options
from analysis.results import Estimates, Kind
from analysis.sources import Source, source_of_rows
from analysis.sums import Floats, sum_by

CELL_BYTES = 2**26
"""Cells of a block of columns, in float64; where every row is its own unit there are as many cells as rows."""

PLAIN = Options()


def means(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str] | Items,
    *,
    by: Sequence[str] = (),
    where: Any = None,
    options: Options = PLAIN,
) -> Estimates:
    """The mean of each item in each domain, with standard error, degrees of freedom and t interval.

    Parameters
    ----------
    frame : one row per row of the design, in the same order.
    items : numeric columns; blank means no valid answer. :func:`analysis.items.items_of` prepares them once.
    by : columns whose combinations are the domains; none: the whole.
    where : (n,) true or false; rows where it is false belong to no domain, and stay in the design.

    Returns
    -------
    Estimates
        NaN comes with a reason: ``no_answers``; an interval is NaN for ``no_degrees_of_freedom``. A standard error of
        zero is marked ``zero_error``: a few units that agree are no certainty (:mod:`analysis.small_samples`).

    Raises
    ------
    AnalysisError : columns that are missing or not numeric, a frame of another length, a level outside 0..1.
    """
    columns = items_of(frame, items, missing=options.missing) if not isinstance(items, Items) else items
    return _estimates(design, columns, domains_of(frame, by, where), Kind.MEAN, options)


def totals(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str] | Items,
    *,
    by: Sequence[str] = (),
    where: Any = None,
    options: Options = PLAIN,
) -> Estimates:
    """The population total of each item in each domain; the rest as for :func:`means`."""
    columns = items_of(frame, items, missing=options.missing) if not isinstance(items, Items) else items
    return _estimates(design, columns, domains_of(frame, by, where), Kind.TOTAL, options)


def ratios(
    design: SurveyDesign,
    frame: pd.DataFrame,
    numerators: Sequence[str],
    denominators: Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Any = None,
    options: Options = PLAIN,
) -> Estimates:
    """The ratio of totals of each pair of columns; a row counts where both are valid. The rest as for :func:`means`."""
    pairs = pairs_of(frame, numerators, denominators, missing=options.missing)
    return _estimates(design, pairs, domains_of(frame, by, where), Kind.RATIO, options)


def proportions(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str] | Items,
    *,
    by: Sequence[str] = (),
    where: Any = None,
    options: Options = PLAIN,
) -> Estimates:
    """The share of each level of each item among valid answers, named ``item=level``; intervals stay within 0..1.

    Items may hold text or categories. All levels that occur in the data are kept, in every domain, and all categories;
    none are lumped. The rest as for :func:`means`.
    """
    levels = levels_in(frame, items, missing=options.missing)
    return _estimates(design, levels, domains_of(frame, by, where), Kind.PROPORTION, options)


def _estimates(design: SurveyDesign, columns: Columns, domains: Domains, kind: Kind, options: Options) -> Estimates:
    design.expect_rows(items=columns.shape[0], domains=len(domains.code))
    return estimates_of(source_of_rows(design, columns, domains), domains.labels, kind, options)


def estimates_of(source: Source, labels: pd.DataFrame, kind: Kind, options: Options) -> Estimates:
    """All estimates from cell totals, a block of columns at a time so that memory stays bounded."""
    if not 0 < options.level < 1:
        raise AnalysisError("bad_level", level=options.level)
    index = source.index
    stages = domain_stages(source.clusters, index.unit, index.domain, source.n_domains)
    made = _Estimator(source, stages, kind, options)
    parts = [made.part(chosen) for chosen in _column_blocks(index, len(source.names), options)]
    return Estimates.joined(parts, kind, source.names, labels, options)


@dataclass(frozen=True)
class _Estimator:
    source: Source
    stages: tuple[DomainStage, ...]
    kind: Kind
    options: Options

    def part(self, chosen: slice) -> dict[str, Any]:
        """The estimates of some of the columns: arrays (D, K) by name."""
        sums = self.source.sums(chosen)
        total, size, count = (self._by_domain(cells) for cells in (sums.total, sums.size, sums.count))
        with np.errstate(invalid="ignore", divide="ignore"):
            estimate = np.where(count > 0, total if self.kind is Kind.TOTAL else total / size, np.nan)
        influence = self._influence(chosen, sums, estimate, size)
        shape = estimate.shape
        variance = np.where(np.isnan(estimate), np.nan, influence.variances())
        part = {
            "estimate": estimate,
            "variance": variance,
            "size": np.broadcast_to(size, shape),
            "n": np.broadcast_to(count, shape),
            "df": np.broadcast_to(self.stages[0].degrees_of_freedom(sums.count), shape),
            "influence": influence if self.options.covariances else None,
        }
        if self.options.deff is not None:
            moments = self.source.moments(chosen, sums)
            part["deff"] = variance / _simple_random_variance(self.kind, moments, part, self.options.deff)
        return part

    def _by_domain(self, cells: Floats) -> Floats:
        return sum_by(self.source.index.domain, cells, self.source.n_domains)

    def _influence(self, chosen: slice, sums: CellSums, estimate: Floats, size: Floats) -> Influence:
        """Σ w z by cell; with the regression of z where the weights were calibrated."""
        if self.kind is Kind.TOTAL:
            centre, scale = np.zeros_like(estimate), np.ones_like(estimate)
        else:
            centre = np.nan_to_num(estimate, posinf=0.0, neginf=0.0)
            scale = np.divide(1.0, size, out=np.zeros_like(size), where=size != 0)
        source, domain = self.source, self.source.index.domain
        cells = centre[domain] * sums.size
        np.subtract(sums.total, cells, out=cells)
        cells *= scale[domain]
        if source.regression is None:
            return Influence(source.clusters, self.stages, source.index, cells, sums.count)
        auxiliary, coefficients = source.regression.auxiliary, source.regression.coefficients(chosen, centre, scale)
        return CalibratedInfluence(
            source.clusters, self.stages, source.index, cells, sums.count, auxiliary, coefficients
        )


def _simple_random_variance(kind: Kind, moments: DomainMoments, part: dict[str, Any], against: DesignEffect) -> Floats:
    """The variance that a simple random sample of as many valid rows would have; NaN where it has none.

    S² = n/(n-1) Σ w e² / Σ w with e the deviation from the estimate, over n; times 1 - n/N without replacement.
    """
    n, people = part["n"], moments.people
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = moments.squares(moments.mean if kind is Kind.TOTAL else part["estimate"])
        spread = squares / people * n / (n - 1)
        variance = spread / n * (1 - n / people if against is DesignEffect.WITHOUT_REPLACEMENT else 1.0)
        variance *= people**2 if kind is Kind.TOTAL else (people / part["size"]) ** 2
    return np.where(variance > 0, variance, np.nan)


def _column_blocks(index: CellIndex, width: int, options: Options) -> Iterator[slice]:
    step = width if options.covariances else max(1, min(width, CELL_BYTES // (8 * max(index.n_cells, 1))))
    yield from (slice(start, min(start + step, width)) for start in range(0, width, step))
