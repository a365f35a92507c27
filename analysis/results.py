"""Estimates of D domains × K items, with their errors, and what can be made of them: differences and combinations."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.faults import AnalysisError
from analysis.intervals import mean_interval, proportion_interval
from analysis.linearised import Influence
from analysis.options import Options
from analysis.sums import Floats

MOST_COVARIANCES = 2_000
Key = tuple[int, int]
"""Place of an estimate: (domain, item)."""


class Kind(StrEnum):
    MEAN = "mean"
    TOTAL = "total"
    RATIO = "ratio"
    PROPORTION = "proportion"


NO_ANSWERS, NO_DENOMINATOR = "no_answers", "zero_denominator"
"""Reasons for a NaN: nothing to estimate from; a ratio whose denominators add up to zero."""

NO_FREEDOM, ZERO_ERROR = "no_degrees_of_freedom", "zero_error"
"""Reasons: no interval; units of each stratum agree, which a few may do by luck."""

ROUNDING_NOISE = 1e-13
"""A standard error below this share of its estimate is what floating point left of zero."""


@dataclass(frozen=True)
class Combination:
    """A linear combination of estimates."""

    estimate: float
    se: float
    low: float
    high: float
    df: float  # of the domains that take part, together
    note: str  # the reason for a NaN, or for an error of zero


@dataclass(frozen=True)
class Estimates:
    """Estimates; arrays are (D, K). NaN always comes with a reason in ``note``."""

    kind: Kind
    items: tuple[str, ...]  # (K,)
    domains: pd.DataFrame  # (D rows) the values that make each domain; no column for the whole
    estimate: Floats
    se: Floats
    low: Floats  # of the interval
    high: Floats
    n: Floats  # valid rows with a positive weight
    size: Floats  # Σ w of the valid rows; Σ w x of a ratio
    df: Floats
    note: npt.NDArray[np.str_]
    level: float
    deff: Floats | None = None
    influence: Influence | None = None

    @classmethod
    def joined(
        cls,
        parts: Sequence[Mapping[str, Any]],
        kind: Kind,
        items: tuple[str, ...],
        domains: pd.DataFrame,
        options: Options,
    ) -> Self:
        """Blocks of columns side by side, with their intervals."""
        whole = {name: np.concatenate([part[name] for part in parts], axis=1) for name in _arrays(parts[0])}
        defined = np.isfinite(whole["estimate"])
        whole["estimate"] = np.where(defined, whole["estimate"], np.nan)
        whole["se"] = np.where(defined, _standard_error(whole.pop("variance"), np.abs(whole["estimate"])), np.nan)
        alone = (whole["df"] < 1) & (whole["se"] == 0) & (kind is not Kind.TOTAL)
        whole["se"] = np.where(alone, np.nan, whole["se"])  # a single unit does not deviate from itself
        if "deff" in whole:
            whole["deff"] = np.where(whole["se"] > 0, whole["deff"], np.nan)
        note = _notes(whole)
        low, high = _interval(kind, whole, options)
        return cls(
            kind=kind, items=items, domains=domains, low=low, high=high, note=note, level=options.level,
            influence=parts[0].get("influence"), **whole,
        )  # fmt: skip

    @property
    def cv(self) -> Floats:
        """Standard error over the estimate; NaN where the estimate is zero."""
        return np.divide(self.se, np.abs(self.estimate), out=np.full_like(self.se, np.nan), where=self.estimate != 0)

    def table(self) -> pd.DataFrame:
        """One row per domain and item: domain columns, item, estimate, se, cv, interval, n, size, df, deff, note.

        A domain column of one of these names gets ``by_`` before it.
        """
        n_domains, n_items = self.estimate.shape
        labels = self.domains.loc[self.domains.index.repeat(n_items)].reset_index(drop=True)
        columns: dict[str, Any] = {"item": np.tile(np.array(self.items, dtype=object), n_domains)}
        arrays = {
            "estimate": self.estimate, "se": self.se, "cv": self.cv, "ci_low": self.low, "ci_high": self.high,
            "n": self.n.astype(np.int64), "size": self.size, "df": self.df,
        }  # fmt: skip
        columns |= {name: values.ravel() for name, values in arrays.items()}
        if self.deff is not None:
            columns["deff"] = self.deff.ravel()
        columns["note"] = self.note.ravel()
        labels.columns = labels_apart(labels.columns, columns)
        return pd.concat([labels, pd.DataFrame(columns, index=labels.index)], axis=1)

    def covariance(self, keys: Sequence[Key]) -> Floats:
        """Covariance matrix of the estimates at ``keys``, (domain, item) places: the same people answered them all."""
        if len(keys) > MOST_COVARIANCES:
            raise AnalysisError("too_many_covariances", count=len(keys), limit=MOST_COVARIANCES)
        return self._covariance(self._loads([{key: 1.0} for key in keys]))

    def contrast(self, loads: Mapping[Key, float]) -> Combination:
        """Σ load × estimate, with its standard error through all covariances; such as a difference of two domains."""
        keys = [key for key, load in loads.items() if load != 0]
        matrix = self._loads([loads])
        terms = np.array([loads[key] * self.estimate[key] for key in keys])
        estimate, df = float(terms.sum()), self._joint_df(keys)
        se = float(_standard_error(self._covariance(matrix)[0], np.abs(terms).sum())[0])
        missing = next((str(self.note[key]) for key in keys if np.isnan(self.estimate[key])), "")
        if missing or df < 1:
            alone = se == 0 and self.kind is not Kind.TOTAL  # a single unit does not deviate from itself
            se = np.nan if missing or alone else se
            return Combination(estimate, se, np.nan, np.nan, df, missing or NO_FREEDOM)
        low, high = mean_interval(estimate, se, df, level=self.level)
        return Combination(estimate, se, float(low), float(high), df, ZERO_ERROR if se == 0 else "")

    def place(self, item: str, /, **labels: object) -> Key:
        """The key of an estimate by the name of its item and the values of its domain."""
        match = np.ones(len(self.domains), dtype=np.bool_)
        for name, value in labels.items():
            match &= (self.domains[name] == value).to_numpy() if name in self.domains else False
        if item not in self.items or match.sum() != 1:
            known = f"{', '.join(self.items)}; {', '.join(map(str, self.domains.columns))}"
            raise AnalysisError("unknown_estimate", key=f"{item} {labels}", known=known)
        return int(np.flatnonzero(match)[0]), self.items.index(item)

    def _loads(self, combinations: Sequence[Mapping[Key, float]]) -> Floats:
        loads = np.zeros((*self.estimate.shape, len(combinations)))
        for number, combination in enumerate(combinations):
            for (domain, item), load in combination.items():
                loads[domain, item, number] += load
        return loads

    def _covariance(self, loads: Floats) -> Floats:
        influence = self._kept_influence()
        return influence.clusters.covariance(influence.combined(loads))

    def _kept_influence(self) -> Influence:
        if self.influence is None:
            raise AnalysisError("no_covariances")
        return self.influence

    def _joint_df(self, keys: list[Key]) -> float:
        """First-stage units less strata with a valid answer to any of the estimates."""
        return self._kept_influence().joint_df(keys)


def labels_apart(names: Iterable[str], columns: Container[str]) -> list[str]:
    """Names of domain columns beside the columns of a result; one that is among them gets ``by_`` before it."""
    return [f"by_{name}" if name in columns else name for name in names]


def _arrays(part: Mapping[str, Any]) -> list[str]:
    return [name for name, value in part.items() if isinstance(value, np.ndarray)]


def _standard_error(variance: Floats, magnitude: Floats) -> Floats:
    """Of what has this ``magnitude``; less than rounding leaves of it is zero."""
    se: Floats = np.sqrt(np.maximum(variance, 0.0))
    return np.where(se < ROUNDING_NOISE * magnitude, 0.0, se)


def _notes(whole: Mapping[str, Floats]) -> npt.NDArray[np.str_]:
    empty, undefined = whole["n"] == 0, np.isnan(whole["estimate"])
    reasons = [NO_ANSWERS, NO_DENOMINATOR, NO_FREEDOM, ZERO_ERROR]
    return np.select([empty, undefined, whole["df"] < 1, whole["se"] == 0], reasons, "")


def _interval(kind: Kind, whole: Mapping[str, Floats], options: Options) -> tuple[Floats, Floats]:
    """The interval of each estimate; NaN without degrees of freedom."""
    shape = whole["estimate"].shape
    free = (whole["df"] >= 1) & ~np.isnan(whole["estimate"])
    estimate, se, n, df = (whole[name][free] for name in ("estimate", "se", "n", "df"))
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    if kind is Kind.PROPORTION:
        method = options.proportion_interval
        low[free], high[free] = proportion_interval(estimate, se, n, df, level=options.level, method=method)
    else:
        low[free], high[free] = mean_interval(estimate, se, df, level=options.level)
    return low, high
