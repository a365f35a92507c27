"""A fitted model: coefficients with the errors of the design, and tests of its terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy import stats

from analysis.comparison import quadratic_form
from analysis.faults import AnalysisError
from analysis.sums import Floats, Ints


class Family(StrEnum):
    LINEAR = "linear"
    LOGISTIC = "logistic"
    POISSON = "poisson"
    ORDINAL = "ordinal"


@dataclass(frozen=True)
class TermTest:
    """Whether all coefficients of a term are zero: F with ``df1`` and ``df2`` degrees of freedom."""

    term: str
    f: float
    df1: float
    df2: float
    p: float


@dataclass(frozen=True)
class Model:
    """Coefficients of a model; arrays are (k,), thresholds of an ordinal model last.

    ``df`` is that of the design over the complete rows less the slopes. ``r_squared`` is what is explained: of the
    variance (linear), else McFadden's share of the deviance.
    """

    family: Family
    outcome: str
    event: str  # levels that count as 1 (logistic)
    names: tuple[str, ...]
    estimate: Floats
    covariance: Floats  # (k, k)
    df: int
    n: int  # complete rows
    n_rows: int  # rows with a positive weight
    terms: tuple[str, ...]
    term: Ints  # (k,) place in ``terms``; -1 for intercept and thresholds
    references: Mapping[str, str]
    r_squared: float
    levels: tuple[str, ...] = ()  # of an ordinal outcome, lowest first

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """One row for each coefficient: name, estimate, se, t, df, p, interval; ``ratio`` is exp(estimate).

        The ratio (of odds or of expected counts, with its interval) is NaN in a linear model and for thresholds. A
        coefficient without any error has no t.
        """
        if not 0 < level < 1:
            raise AnalysisError("bad_level", level=level)
        se = self.se
        t = np.divide(self.estimate, se, out=np.full_like(se, np.nan), where=se > 0)
        reach = stats.t.ppf(0.5 + level / 2, self.df) * se
        low, high = self.estimate - reach, self.estimate + reach
        table = pd.DataFrame(
            {
                "term": self.names, "estimate": self.estimate, "se": se, "ci_low": low, "ci_high": high,
                "t": t, "df": self.df, "p": 2 * stats.t.sf(np.abs(t), self.df),
            }
        )  # fmt: skip
        if self.family is Family.LINEAR:
            return table
        shown = (self.term >= 0)[:, None]
        with np.errstate(over="ignore"):
            ratios = np.where(shown, np.exp(np.column_stack([self.estimate, low, high])), np.nan)
        return table.assign(ratio=ratios[:, 0], ratio_low=ratios[:, 1], ratio_high=ratios[:, 2])

    def term_test(self, term: str) -> TermTest:
        """The Wald test of all coefficients of a term together, such as the levels of a factor (R: regTermTest)."""
        if term not in self.terms:
            raise AnalysisError("unknown_model_term", term=term, known=", ".join(self.terms))
        places = np.flatnonzero(self.term == self.terms.index(term))
        part = self.covariance[np.ix_(places, places)]
        f = quadratic_form(self.estimate[places], part, item=self.outcome, by=term) / len(places)
        p = float(stats.f.sf(f, len(places), self.df))
        return TermTest(term, f, float(len(places)), float(self.df), p)
