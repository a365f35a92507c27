"""Replicates of a sample: factors by which the weights of first-stage units are multiplied, again and again.

An estimate θ is computed once with the weights as they are and once with each of R sets of replicate weights; its
variance is

    scale × Σ rscale_r (θ_r - centre)²

with the centre at the mean of the θ_r, or at θ itself (``mse``). Factors belong to first-stage units, (U, R); rows of
a unit share them. Scales are those of R survey 4.1.1, as.svrepdesign.

References: Wolter (2007), Introduction to Variance Estimation, ch. 3–5; Rao, Wu (1988), JASA 83, 231–241; Rao, Wu, Yue
(1992), Survey Methodology 18, 209–217; Canty, Davison (1999), The Statistician 48, 379–391; Judkins (1990), J. Off.
Stat. 6, 223–239 (Fay's method).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analysis.design import SurveyDesign
from analysis.faults import AnalysisError
from analysis.hadamard import Signs
from analysis.sums import Bools, Floats, Ints

BLOCK_VALUES = 2**22
"""Numbers drawn, or factors multiplied, at a time."""

DEPENDENT = 1e-10
"""Share of the largest eigenvalue below which one is zero; R's tolerance of 1e-5, squared."""


class Method(StrEnum):
    """How replicates are made; the names are those of R's as.svrepdesign."""

    JK1 = "JK1"
    JKN = "JKn"
    BRR = "BRR"
    FAY = "Fay"
    SUBBOOTSTRAP = "subbootstrap"  # Rao, Wu
    BOOTSTRAP = "bootstrap"  # Canty, Davison
    GIVEN = "given"


@dataclass(frozen=True, kw_only=True, eq=False)
class Replicates(ABC):
    """R sets of factors for the U first-stage units of a design.

    Attributes
    ----------
    scale, rscales : of the variance; ``rscales`` (R,).
    mse : squares are taken around the estimate itself, else around the mean of the replicates.
    group : (U,) units whose factors make up for each other; a group of m units has m - 1 degrees of freedom.
    degrees_of_freedom : rank of the factors less one.
    """

    method: Method
    scale: float
    rscales: Floats
    mse: bool
    group: Ints
    degrees_of_freedom: int

    @property
    def count(self) -> int:
        return len(self.rscales)

    @property
    def n_units(self) -> int:
        return len(self.group)

    @abstractmethod
    def block(self, chosen: slice) -> Floats:
        """Factors (U, r) of some of the replicates."""

    def factors(self) -> Floats:
        """All factors (U, R)."""
        return self.block(slice(0, self.count))


@dataclass(frozen=True, kw_only=True, eq=False)
class Jackknife(Replicates):
    """Each replicate leaves out one unit, and the others of its stratum make up for it.

    A lonely unit under the rule ``adjust`` is left out with its stratum, and all other strata make up for it.
    """

    left_out: Ints  # (R,) unit
    stratum: Ints  # (U,)
    drawn: Ints  # (H,)
    adjusted: Bools  # (R,)

    def block(self, chosen: slice) -> Floats:
        out, whole = self.left_out[chosen], self.adjusted[chosen]
        home = self.stratum[out]
        at_home = self.stratum[:, None] == home[None, :]
        drawn, n_strata = self.drawn[home], len(self.drawn)
        raised = np.where(whole, 0.0, drawn / np.maximum(drawn - 1, 1))
        elsewhere = np.where(whole, n_strata / max(n_strata - 1, 1), 1.0)
        factors: Floats = np.where(at_home, raised, elsewhere)
        factors[out, np.arange(len(out))] = 0.0
        return factors


@dataclass(frozen=True, kw_only=True, eq=False)
class HalfSamples(Replicates):
    """Of each pair of units one is raised, to 2 - ρ, and the other lowered, to ρ."""

    signs: Signs  # (P, R) rows of a Hadamard matrix
    pair: Ints  # (U,) -1: taken in every replicate
    side: Signs  # (U,) +1 and -1 within a pair, 0 without one
    fay_rho: float

    def block(self, chosen: slice) -> Floats:
        turned: Floats = (self.side[:, None] * self.signs[self.pair, chosen]).astype(np.float64)
        return 1.0 + (1.0 - self.fay_rho) * turned


@dataclass(frozen=True, kw_only=True, eq=False)
class Resamples(Replicates):
    """Units drawn again: a factor is the number of times drawn, times a multiplier of the unit."""

    times: npt.NDArray[np.uint16]  # (U, R)
    multiplier: Floats  # (U,)

    def block(self, chosen: slice) -> Floats:
        return self.times[:, chosen] * self.multiplier[:, None]


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenFactors(Replicates):
    """Factors made elsewhere."""

    values: Floats  # (U, R)

    def block(self, chosen: slice) -> Floats:
        return self.values[:, chosen]


def given_replicates(
    design: SurveyDesign,
    factors: npt.ArrayLike,
    *,
    scale: float,
    rscales: npt.ArrayLike | None = None,
    mse: bool = False,
) -> GivenFactors:
    """Replicates that came with a file.

    Parameters
    ----------
    factors : (n, R) replicate weight over weight of each row, the same for all rows of a first-stage unit. Where they
        differ (weights calibrated in each replicate), give a design whose rows are the units.
    scale, rscales : of the variance; ``rscales`` (R,), ones if not given.
    """
    rows = np.asarray(factors, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != design.n_rows:
        raise AnalysisError("row_count", name="factors", found=len(rows), expected=design.n_rows)
    wrong = ~np.isfinite(rows)
    if wrong.any():
        row, replicate = (int(place[0]) + 1 for place in np.nonzero(wrong))
        raise AnalysisError("bad_factor", row=row, replicate=replicate)
    stage = design.clusters.stages[0]
    unit = stage.unit[design.row_unit]
    values = np.empty((len(stage.stratum), rows.shape[1]))
    values[unit] = rows
    unlike = ~np.isclose(values[unit], rows, rtol=1e-9, atol=1e-12).all(axis=1)
    if unlike.any():
        raise AnalysisError("factors_vary", row=int(np.argmax(unlike)) + 1)
    scales = np.ones(checked_count(rows.shape[1])) if rscales is None else np.asarray(rscales, dtype=np.float64)
    if scales.shape != (rows.shape[1],) or not (np.append(scales, scale) >= 0).all():
        raise AnalysisError("bad_scales", replicates=rows.shape[1])
    rank = factor_rank(values[present_units(design)])
    return GivenFactors(
        method=Method.GIVEN, scale=scale, rscales=scales, mse=mse, group=stage.stratum,
        degrees_of_freedom=rank - 1, values=values,
    )  # fmt: skip


def row_of(design: SurveyDesign, strata: Bools) -> int:
    """A row, counted from 1, of the first of the strata: the design keeps no labels."""
    stage = design.clusters.stages[0]
    return int(np.argmax(strata[stage.stratum[stage.unit[design.row_unit]]])) + 1


def checked_count(replicates: int) -> int:
    if replicates < 2:
        raise AnalysisError("too_few_replicates", replicates=replicates)
    return replicates


def present_units(design: SurveyDesign) -> Bools:
    """Units (U,) with a row of positive weight."""
    stage = design.clusters.stages[0]
    present = np.zeros(len(stage.stratum), dtype=np.bool_)
    present[stage.unit[design.row_unit[design.estimation_weights > 0]]] = True
    return present


def units_less_groups(design: SurveyDesign, group: Ints) -> int:
    """Units less groups, among units with a row of positive weight."""
    present = present_units(design)
    return int(present.sum()) - len(np.unique(group[present]))


def factor_rank(factors: npt.NDArray[np.number]) -> int:
    """Rank of factors (U, R), from the smaller of the two products with the transpose."""
    n_units, count = factors.shape
    if n_units <= count:
        rows = factors.astype(np.float64)
        square = rows @ rows.T
    else:
        square = np.zeros((count, count))
        step = max(1, BLOCK_VALUES // count)
        for start in range(0, n_units, step):
            rows = factors[start : start + step].astype(np.float64)
            square += rows.T @ rows
    sizes = np.linalg.eigvalsh(square)
    return int((sizes > DEPENDENT * sizes[-1]).sum())
