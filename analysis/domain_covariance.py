"""Covariances of one item's estimates in many domains: sparse, since a unit has rows in few of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from analysis.calibrated import CalibratedInfluence, sparse_covariance
from analysis.faults import AnalysisError
from analysis.results import Estimates
from analysis.sums import Floats


@dataclass(frozen=True)
class DomainErrors:
    """Of D domains: covariances of their estimates, and degrees of freedom of each pair and of all together."""

    covariance: Floats  # (D, D)
    pair_df: Floats  # (D, D) first-stage units less strata with an answer in either domain
    df: float


def domain_errors(found: Estimates, item: int = 0) -> DomainErrors:
    """The errors of an item's estimates, which were made with ``covariances``."""
    influence = found.influence
    if influence is None:
        raise AnalysisError("no_covariances")
    index, clusters, count = influence.index, influence.clusters, len(found.domains)
    shape = (clusters.n_finest, count)
    totals = csr_array((influence.cells[:, item], (index.unit, index.domain)), shape=shape)
    if isinstance(influence, CalibratedInfluence):
        whole = sparse_covariance(clusters, csr_array(hstack([totals, influence.auxiliary.unit_totals])))
        residual = np.hstack([np.eye(count), -influence.coefficients[:, :, item]])
        covariance = residual @ whole @ residual.T
    else:
        covariance = sparse_covariance(clusters, totals)
    answered = np.broadcast_to(influence.answered, influence.cells.shape)[:, item] > 0
    first = clusters.stages[0]
    unit = first.unit[index.unit[answered]]
    domain = index.domain[answered]
    units, strata = _reached(unit, domain, count), _reached(first.stratum[unit], domain, count)
    df = float(len(np.unique(unit)) - len(np.unique(first.stratum[unit])))
    return DomainErrors(covariance, units - strata, df)


def _reached(code: np.ndarray, domain: np.ndarray, count: int) -> Floats:
    """How many codes occur in either of two domains (D, D)."""
    if not len(code):
        return np.zeros((count, count))
    occurs = csr_array((np.ones(len(code)), (code, domain)), shape=(int(code.max()) + 1, count))
    occurs.data[:] = np.minimum(occurs.data, 1.0)
    both = (occurs.T @ occurs).toarray()
    alone = np.diag(both)
    return np.asarray(alone[:, None] + alone - both)
