"""The stages of a sample, and the variance of a total over them.

At each stage units were drawn within strata. The variance of an estimated total is that of the first stage, plus the
sampling fraction of the first stage times the variance of the second, and so on; without a population size at one
stage its fraction is zero, and later stages add nothing (the ultimate cluster).

Reference: Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, s. 4.3; Lumley (2010), Complex Surveys,
s. 3.2; R survey 4.1.1, svyrecvar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.sums import Bools, Floats, Ints, numbered, sum_by


@dataclass(frozen=True)
class Average:
    """The strata among which lonely ones are given the average: those drawn in the same unit of the stage before."""

    parent: Ints  # (H,)
    lonely: Bools  # (H,)
    inflation: Floats  # (H,) strata over strata with a variance of their own, in the whole sample


def strata_over_sound(parent: Ints, lonely: Bools) -> Floats:
    """Strata of the parent over its strata with a variance of their own, for each stratum; 1 where it has none."""
    strata, sound = np.bincount(parent), np.bincount(parent, weights=~lonely)
    ratio: Floats = np.where(sound > 0, strata / np.maximum(sound, 1), 1.0)
    return ratio[parent]


@dataclass(frozen=True)
class Stage:
    """One stage: the unit every finest unit lies in, and what the strata of the stage add to a variance."""

    unit: Ints  # (F,) unit of this stage in which each finest unit lies
    stratum: Ints  # (U,) stratum in which each unit of this stage was drawn
    drawn: Ints  # (H,) units drawn in each stratum
    factor: Floats  # (H,) fractions of the earlier stages × (1 - n/N) × n/(n-1); times the rule for lonely units
    centred: Bools  # (H,) deviations are taken from the stratum's mean, else from zero
    average: Average | None = None  # where lonely strata take the average of others; it is in ``factor`` already

    @property
    def is_finest(self) -> bool:
        return len(self.unit) == len(self.stratum)


@dataclass(frozen=True)
class Clusters:
    """The finest units whose totals the variance needs, and the stages they were drawn in, first to last."""

    stages: tuple[Stage, ...]

    @property
    def n_finest(self) -> int:
        return len(self.stages[0].unit)

    def covariance(self, totals: Floats) -> Floats:
        """Covariance matrix (q, q) of sums of ``totals`` (finest units, q)."""
        return np.asarray(np.sum([_stage_covariance(stage, totals) for stage in self.stages], axis=0))

    def variance(self, totals: Floats) -> Floats:
        """Variances (q,) of sums of ``totals`` (finest units, q): the diagonal of :meth:`covariance`."""
        return np.asarray(np.sum([_stage_squares(stage, totals) for stage in self.stages], axis=0))


def _deviations(stage: Stage, totals: Floats) -> Floats:
    """Totals of the stage's units less the mean of their stratum (units, q)."""
    of_unit = totals if stage.is_finest else sum_by(stage.unit, totals, len(stage.stratum))
    means = sum_by(stage.stratum, of_unit, len(stage.drawn)) * (stage.centred / stage.drawn)[:, None]
    return of_unit - means[stage.stratum]


def _stage_covariance(stage: Stage, totals: Floats) -> Floats:
    deviations = _deviations(stage, totals)
    product: Floats = deviations.T @ (stage.factor[stage.stratum][:, None] * deviations)
    return product


def _stage_squares(stage: Stage, totals: Floats) -> Floats:
    squares: Floats = stage.factor[stage.stratum] @ _deviations(stage, totals) ** 2
    return squares


@dataclass(frozen=True)
class DomainStage:
    """A stage as seen by domains: only units with rows in a domain are kept, the others count as zeros."""

    merge: Ints | None  # (C,) cell of this stage for each cell of finest unit × domain; None: they are the same
    unit: Ints  # (C',) unit of each cell of this stage
    group: Ints  # (C',) stratum × domain of each cell of this stage
    stratum: Ints  # (G,) of each group
    domain: Ints  # (G,) of each group
    stage: Stage
    n_domains: int

    def variance(self, values: Floats) -> Floats:
        """Variances (domains, K) of the domains' sums of ``values`` (cells, K)."""
        of_unit, drawn = self.merged(values), self.stage.drawn[self.stratum][:, None]
        centred = self.stage.centred[self.stratum][:, None]
        present = np.bincount(self.group, minlength=len(self.stratum))[:, None]
        means = sum_by(self.group, of_unit, len(self.stratum)) * centred / drawn
        deviations = of_unit - means[self.group]
        squares = sum_by(self.group, np.square(deviations, out=deviations), len(self.stratum))
        squares += (drawn - present) * means**2  # units without a row in the domain
        return sum_by(self.domain, squares, self.n_domains, self._factor())

    def _factor(self) -> Floats:
        """Of each group; an average is taken over the strata that the domain reaches."""
        factor, average = self.stage.factor[self.stratum], self.stage.average
        if average is None:
            return factor
        parent = average.parent[self.stratum]
        among, _ = numbered((parent, int(average.parent.max()) + 1), (self.domain, self.n_domains))
        inflation = strata_over_sound(among, average.lonely[self.stratum])
        return np.asarray(factor / average.inflation[self.stratum] * inflation)

    def degrees_of_freedom(self, answered: Floats) -> Floats:
        """Units less strata with an answer in the domain (domains, K); ``answered`` (cells, K) counts answers."""
        unit_has = (self.merged(answered) > 0).astype(np.float64)
        stratum_has = (sum_by(self.group, unit_has, len(self.stratum)) > 0).astype(np.float64)
        units = sum_by(self.domain[self.group], unit_has, self.n_domains)
        return units - sum_by(self.domain, stratum_has, self.n_domains)

    def merged(self, values: Floats) -> Floats:
        """Values of finest cells (C, K) added up to cells of this stage (C', K)."""
        return values if self.merge is None else sum_by(self.merge, values, len(self.group))


def domain_stages(clusters: Clusters, unit: Ints, domain: Ints, n_domains: int) -> tuple[DomainStage, ...]:
    """The stages for cells of a finest ``unit`` (C,) and a ``domain`` (C,)."""
    return tuple(_domain_stage(stage, unit, domain, n_domains) for stage in clusters.stages)


def _domain_stage(stage: Stage, unit: Ints, domain: Ints, n_domains: int) -> DomainStage:
    merge, of_unit, of_domain = None, stage.unit[unit], domain
    if not stage.is_finest:
        merge, (of_unit, of_domain) = numbered((of_unit, len(stage.stratum)), (domain, n_domains))
    group, (stratum, group_domain) = numbered((stage.stratum[of_unit], len(stage.drawn)), (of_domain, n_domains))
    return DomainStage(merge, of_unit, group, stratum, group_domain, stage, n_domains)
