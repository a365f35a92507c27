"""Quantiles by domain with Woodruff's intervals, from the design's variance of the proportion at or below each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import SurveyDesign
from analysis.domains import Domains, domains_of
from analysis.estimate import PLAIN, estimates_of
from analysis.faults import AnalysisError
from analysis.intervals import ProportionInterval
from analysis.items import Items, items_of
from analysis.options import Options
from analysis.quantiles import QuantileRule, weighted_quantile, woodruff
from analysis.results import NO_ANSWERS, NO_FREEDOM, ZERO_ERROR, Estimates, Kind, labels_apart
from analysis.sources import source_of_rows
from analysis.sums import Bools, Floats, Ints

OPEN_INTERVAL = "open_interval"
"""Reason: the sample sets no limit on one side, since the proportion's interval reaches 0 or 1; se is infinite."""

MISSING = -1


@dataclass(frozen=True, eq=False)
class QuantileEstimates:
    """Quantiles; arrays are (D, K, Q). NaN or infinity comes with a reason in ``note``."""

    items: tuple[str, ...]  # (K,)
    domains: pd.DataFrame  # (D rows)
    q: Floats  # (Q,)
    estimate: Floats
    se: Floats  # width of the interval over 2 t
    low: Floats
    high: Floats
    n: Floats  # (D, K) valid rows with a positive weight
    size: Floats  # (D, K) Σ w of them
    df: Floats  # (D, K)
    note: npt.NDArray[np.str_]
    level: float

    def table(self) -> pd.DataFrame:
        """One row per domain, item and share; columns as in :meth:`analysis.results.Estimates.table`, and ``q``."""
        n_domains, n_items, n_shares = self.estimate.shape
        labels = self.domains.loc[self.domains.index.repeat(n_items * n_shares)].reset_index(drop=True)
        cv = np.divide(self.se, np.abs(self.estimate), out=np.full_like(self.se, np.nan), where=self.estimate != 0)
        columns: dict[str, Any] = {
            "item": np.tile(np.repeat(np.array(self.items, dtype=object), n_shares), n_domains),
            "q": np.tile(self.q, n_domains * n_items),
        }
        arrays = {"estimate": self.estimate, "se": self.se, "cv": cv, "ci_low": self.low, "ci_high": self.high}
        columns |= {name: values.ravel() for name, values in arrays.items()}
        columns["n"] = np.repeat(self.n, n_shares).astype(np.int64)
        columns |= {name: np.repeat(getattr(self, name), n_shares) for name in ("size", "df")}
        columns["note"] = self.note.ravel()
        labels.columns = labels_apart(labels.columns, columns)
        return pd.concat([labels, pd.DataFrame(columns, index=labels.index)], axis=1)


def quantiles(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str],
    q: Sequence[float],
    *,
    by: Sequence[str] = (),
    where: Any = None,
    rule: QuantileRule = QuantileRule.MATH,
    interval: ProportionInterval = ProportionInterval.MEAN,
    options: Options = PLAIN,
) -> QuantileEstimates:
    """Quantiles of each item in each domain.

    Parameters
    ----------
    q : shares 0..1.
    rule, interval : see :mod:`analysis.quantiles`.
    design, frame, items, by, where, options : as for :func:`analysis.estimate.means`; of the options ``level`` and
        ``missing`` count.

    Raises
    ------
    AnalysisError : as for :func:`analysis.estimate.means`; ``bad_quantile`` for q outside 0..1.

    References
    ----------
    Woodruff (1952), JASA 47, 635–646. Agrees with R survey 4.1.1, ``svyquantile(ci = TRUE, df = degf(domain))``.
    """
    shares = np.asarray(q, dtype=np.float64)
    if not len(shares) or not ((shares >= 0) & (shares <= 1)).all():
        raise AnalysisError("bad_quantile", q=", ".join(map(str, q)))
    columns, domains = items_of(frame, items, missing=options.missing), domains_of(frame, by, where)
    for name, found in (("items", columns.shape[0]), ("domains", len(domains.code))):
        if found != design.n_rows:
            raise AnalysisError("row_count", name=name, found=found, expected=design.n_rows)
    parts = [
        _of_item(design, columns, place, domains, shares, rule=rule, interval=interval, options=options)
        for place in range(columns.shape[1])
    ]
    joined = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    return QuantileEstimates(columns.names, domains.labels, shares, level=options.level, **joined)


def _of_item(
    design: SurveyDesign,
    columns: Items,
    place: int,
    domains: Domains,
    shares: Floats,
    *,
    rule: QuantileRule,
    interval: ProportionInterval,
    options: Options,
) -> dict[str, npt.NDArray[Any]]:
    """The quantiles of one item: arrays (D, Q) and (D,) by name."""
    block = columns.read(slice(None), slice(place, place + 1))
    y, valid = block.y[:, 0], block.valid[:, 0] > 0
    rows = _rows_by_domain(domains, valid & (design.estimation_weights > 0))
    shape = domains.count, len(shares)
    point = np.full(shape, np.nan)
    for domain, inside in enumerate(rows):
        if len(inside):
            point[domain] = weighted_quantile(y[inside], design.estimation_weights[inside], shares, rule)
    of_row = point[domains.code]
    is_below = np.where(valid[:, None], y[:, None] <= of_row, MISSING).astype(np.int8)
    below = _means_by_domain(design, is_below, domains, options.level)
    result: dict[str, npt.NDArray[Any]] = {"estimate": point} | {
        name: np.full(shape, np.nan) for name in ("se", "low", "high")
    }
    for domain, inside in enumerate(rows):
        df = float(below.df[domain, 0])
        if len(inside) and df >= 1:
            found = woodruff(
                y[inside], design.estimation_weights[inside], shares,
                partial(_known, below.estimate[domain], below.se[domain]),
                n=len(inside), df=df, level=options.level, rule=rule, method=interval,
            )  # fmt: skip
            for name in ("se", "low", "high"):
                result[name][domain] = getattr(found, name)
    for name in ("n", "size", "df"):
        result[name] = getattr(below, name)[:, 0]
    result["note"] = _notes(result)
    return result


def _known(share: Floats, se: Floats, _candidates: Floats) -> tuple[Floats, Floats]:
    return share, se


def _rows_by_domain(domains: Domains, counted: Bools) -> list[Ints]:
    """Positions of the counted rows of each domain."""
    rows = np.flatnonzero(counted & (domains.code >= 0))
    rows = rows[np.argsort(domains.code[rows], kind="stable")]
    return np.split(rows, np.searchsorted(domains.code[rows], np.arange(1, domains.count)))


def _means_by_domain(design: SurveyDesign, values: npt.NDArray[np.int8], domains: Domains, level: float) -> Estimates:
    """Means (D, Q) of columns of zeros and ones."""
    columns = Items(tuple(f"q{place}" for place in range(values.shape[1])), values, MISSING)
    return estimates_of(source_of_rows(design, columns, domains), domains.labels, Kind.MEAN, Options(level=level))


def _notes(result: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.str_]:
    n, df = result["n"][:, None], result["df"][:, None]
    reasons = [NO_ANSWERS, NO_FREEDOM, OPEN_INTERVAL, ZERO_ERROR]
    is_open = np.isinf(result["low"]) | np.isinf(result["high"])
    shape = result["estimate"].shape
    given = [np.broadcast_to(mask, shape) for mask in (n == 0, df < 1, is_open, result["se"] == 0)]
    return np.select(given, reasons, "")
