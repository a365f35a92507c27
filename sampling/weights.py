"""Design weights, and what unequal weights cost: Kish's design effect and effective sample size.

The steps between a design weight and a final one are in :mod:`sampling.nonresponse`, :mod:`sampling.calibration` and
:mod:`sampling.trimming`; :mod:`sampling.recipe` strings them together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.door import Floats, numbers, positive, row_list
from sampling.faults import SamplingError
from sampling.margins import level_codes


@dataclass(frozen=True, slots=True)
class KishEffect:
    """What unequal weights cost.

    n : rows. total : sum of the weights. deff_w : n Σw² / (Σw)², 1 or more. effective_n : n / deff_w.
    smallest, largest, cv : of the weights, cv with the divisor n.
    """

    n: int
    total: float
    deff_w: float
    effective_n: float
    smallest: float
    largest: float
    cv: float


def design_weights(inclusion_probabilities: npt.ArrayLike) -> Floats:
    """The people a row stands for (n,): one over the product of the inclusion probabilities of all stages.

    Parameters
    ----------
    inclusion_probabilities : (n,), or (n, stages) with those of each stage given the stages before; in (0, 1].

    Raises
    ------
    SamplingError : probabilities that are blank, zero, negative or above 1, with stage and rows.

    References
    ----------
    Horvitz & Thompson (1952), JASA 47, 663-685; Särndal, Swensson & Wretman (1992), s. 4.3.
    """
    given = numbers(inclusion_probabilities, "inclusion_probabilities")
    stages = given.reshape(len(given), -1)
    for k, stage in enumerate(stages.T, start=1):
        wrong = (stage <= 0) | (stage > 1)
        if wrong.any():
            raise SamplingError("not_an_inclusion_probability", stage=k, rows=row_list(wrong))
    return np.asarray(1 / np.prod(stages, axis=1))


def with_factors(base_weights: npt.ArrayLike, *factors: npt.ArrayLike) -> Floats:
    """The weights (n,) times factors (n,) such as multiplicity or the adults of a household; all above zero."""
    product = positive(base_weights, "base_weights").copy()
    for k, factor in enumerate(factors, start=1):
        product *= positive(factor, f"factor {k}", expected=len(product))
    return product


def kish(row_weights: npt.ArrayLike) -> KishEffect:
    """The design effect of unequal weights and the effective sample size.

    row_weights : (n,) above zero; leave rows without a weight out.

    Notes
    -----
    deff_w = n Σw² / (Σw)² = 1 + cv². It measures the loss if the weights have nothing to do with the answers; where
    they do (strata sampled by their variability), the design effect of the estimate itself is the honest figure.

    References
    ----------
    Kish (1965), Survey Sampling, s. 11.7; Kish (1992), J. Official Statistics 8, 183-200.
    """
    column = positive(row_weights, "row_weights")
    n, total = len(column), float(column.sum())
    effect = n * float(column @ column) / total**2
    smallest, largest = float(column.min()), float(column.max())
    return KishEffect(n, total, effect, n / effect, smallest, largest, float(column.std() / column.mean()))


def kish_by_domain(row_weights: npt.ArrayLike, domains: npt.ArrayLike, *, name: str = "domain") -> pd.DataFrame:
    """:func:`kish` in each domain: a row for each, in the order of first appearance.

    Columns ``domain, n, total, deff_w, effective_n, smallest, largest, cv``.
    """
    column = positive(row_weights, "row_weights")
    codes, levels = level_codes(domains, name)
    if len(codes) != len(column):
        raise SamplingError("column_rows_differ", name=name, found=len(codes), expected=len(column))
    rows = [kish(column[codes == k]) for k in range(len(levels))]
    table = pd.DataFrame([{key: getattr(row, key) for key in KishEffect.__slots__} for row in rows])
    table.insert(0, "domain", levels)
    return table
