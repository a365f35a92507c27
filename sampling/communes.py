"""What people in some thôn of each commune tell of the commune and of the city: two-stage samples evaluated.

In each commune m of its M thôn are drawn at random and the same number k of people answers in each. ``icc`` is the
share of the variance of people that lies between thôn. The commune's own standard error rests on as many degrees of
freedom as it has thôn less one: from two thôn that is one, and the interval is 12.7 standard errors long to each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri, stdtrit

from sampling.faults import SamplingError
from sampling.quantities import (
    FloatArray,
    count_column,
    positive,
    positive_column,
    rate_column,
    share,
    share_column,
    whole,
)
from sampling.rounding import TINY, rounded_up
from sampling.strata import strata_of

FEW_THON = 8  # below this a commune's own standard error is a rough guess (DESIGN, facts worth knowing)


class VarianceRule(StrEnum):
    """Whose degrees of freedom an interval of one commune uses."""

    OWN = "own"  # the commune's: it is judged by its own thôn alone
    POOLED = "pooled"  # all communes': declared in advance that thôn differ as much in one commune as in another


@dataclass(frozen=True, slots=True)
class Rules:
    """What a design must keep. ``most_per_thon``: people who can be asked in one thôn; None: all who will answer."""

    confidence: float = 0.95
    variance: VarianceRule = VarianceRule.OWN
    minimum_thon: int = FEW_THON
    most_per_thon: int | None = None

    def __post_init__(self) -> None:
        share("confidence", self.confidence)
        whole("minimum_thon", self.minimum_thon, 2)
        if self.most_per_thon is not None:
            whole("most_per_thon", self.most_per_thon)


@dataclass(frozen=True, slots=True, eq=False)
class Communes:
    """Arrays with one place for each commune. Made by :func:`communes_of`, which checks them."""

    names: tuple[str, ...]
    thon: FloatArray
    adults: FloatArray
    p: FloatArray
    icc: FloatArray
    response_rate: FloatArray
    cost_thon: FloatArray
    cost_person: FloatArray

    @property
    def unit_variance(self) -> FloatArray:
        """Variance of people around the proportion."""
        return self.p * (1 - self.p)

    @property
    def per_thon(self) -> FloatArray:
        """Adults of a thôn, on average."""
        return self.adults / self.thon

    @property
    def between(self) -> FloatArray:
        """Variance of the true means of thôn, per unit variance."""
        return self.icc + (1 - self.icc) / self.per_thon


@dataclass(frozen=True, slots=True)
class City:
    """What the communes' samples tell of the city together; communes count by their adults."""

    n_thon: int
    n_completes: int
    n_invited: int
    cost: float
    p: float
    se: float
    df: float
    margin: float
    deff: float  # variance as a multiple of that of a simple random sample of as many people


@dataclass(frozen=True, slots=True, eq=False)
class CommuneDesign:
    """A row for each commune, and the city.

    Columns: commune, thon, adults, n_thon, take (completes in a thôn), n_completes, invited_per_thon, n_invited, deff,
    se, df, margin_own (by the commune's own degrees of freedom, infinite for none), margin_pooled (by those of all
    communes), cost, reached (whether the aim for communes is, None without one).
    """

    communes: pd.DataFrame
    city: City


def communes_of(
    names: Sequence[str],
    thon: object,
    adults: object,
    *,
    icc: object,
    p: object = 0.5,
    response_rate: object = 1.0,
    cost_thon: object = 10.0,
    cost_person: object = 1.0,
) -> Communes:
    """Checked communes.

    thon, adults: whole numbers. icc, p: between 0 and 1. cost_thon: price of going to one more thôn; cost_person: of
    one more interview. Each is one number for all or one for each commune. Faults name the commune and its place.
    """
    frame = strata_of(names, thon, minimum=1)
    labels, people = frame.names, count_column("adults", adults, frame.names)
    crowded = people < frame.population
    if crowded.any():
        place = int(np.argmax(crowded))
        facts = {"adults": people[place], "thon": frame.population[place]}
        raise SamplingError("fewer_adults_than_thon", stratum=labels[place], place=place + 1, **facts)
    return Communes(
        names=labels,
        thon=frame.population,
        adults=people,
        p=share_column("p", p, labels),
        icc=share_column("icc", icc, labels),
        response_rate=rate_column("response_rate", response_rate, labels),
        cost_thon=positive_column("cost_thon", cost_thon, labels),
        cost_person=positive_column("cost_person", cost_person, labels),
    )


def evaluated(
    communes: Communes, n_thon: object, take: object, *, margin: float | None = None, rules: Rules | None = None
) -> CommuneDesign:
    """What a given design tells: ``n_thon`` thôn in each commune and ``take`` completes in each thôn.

    One number for all communes or one for each; ``take`` may be a mean such as 35.5.

    Notes
    -----
    The variance of a commune's proportion is, with the unit variance p (1-p),
    ``p (1-p) / m * ((1-icc) / k + icc - m/M * (icc + (1-icc) / (adults per thôn)))``: Cochran's two-stage formula with
    the variance of thôn means and the variance within thôn written by the ICC of the model of random effects. When
    every thôn is taken the thôn are strata, and the degrees of freedom are those of people within thôn.

    References
    ----------
    Cochran (1977), eq. 10.14; Lohr (2022), Sampling: Design and Analysis, 3rd ed., s. 5.3.
    """
    rules = rules or Rules()
    m = count_column("n_thon", n_thon, communes.names)
    k = positive_column("take", take, communes.names)
    _refuse_more_than_there_are(communes, m, k)
    se = np.sqrt(communes.unit_variance * _variance_factor(communes, m, k))
    df = np.where(m < communes.thon, m - 1, m * np.maximum(k - 1, 0))
    own = half_lengths(se, df, rules.confidence)
    pooled = half_lengths(se, np.full_like(df, df.sum()), rules.confidence)
    invited = np.array([rounded_up(value) for value in (k / communes.response_rate).tolist()])
    table = pd.DataFrame(
        {
            "commune": communes.names,
            "thon": communes.thon.astype(np.int64),
            "adults": communes.adults.astype(np.int64),
            "n_thon": m.astype(np.int64),
            "take": k,
            "n_completes": np.rint(m * k).astype(np.int64),
            "invited_per_thon": invited,
            "n_invited": m.astype(np.int64) * invited,
            "deff": 1 + (k - 1) * communes.icc,
            "se": se,
            "df": df,
            "margin_own": own,
            "margin_pooled": pooled,
            "cost": m * (communes.cost_thon + k * communes.cost_person),
        }
    )
    judged = own if rules.variance is VarianceRule.OWN else pooled
    table["reached"] = None if margin is None else judged <= positive("margin", margin) * (1 + 1e-9)
    return CommuneDesign(table, _city(communes, table, rules.confidence))


def _variance_factor(communes: Communes, m: FloatArray, k: FloatArray) -> FloatArray:
    """Variance of a commune's mean per unit variance; 0 for a census."""
    first_stage = communes.icc - m / communes.thon * communes.between
    factor: FloatArray = np.maximum(((1 - communes.icc) / k + first_stage) / m, 0.0)
    return np.where(factor < TINY, 0.0, factor)


def half_lengths(se: FloatArray, df: FloatArray, confidence: float) -> FloatArray:
    """Quantile of Student's t times the standard error; infinite without degrees of freedom, 0 for a census."""
    quantile = np.where(df > 0, stdtrit(np.where(df > 0, df, 1.0), 0.5 + confidence / 2), np.inf)
    lengths: FloatArray = np.where(se == 0, 0.0, quantile * np.where(se == 0, 1.0, se))
    return lengths


def _city(communes: Communes, table: pd.DataFrame, confidence: float) -> City:
    part = communes.adults / communes.adults.sum()
    variance = float(np.sum((part * table["se"].to_numpy()) ** 2))
    p, n, df = float(part @ communes.p), int(table["n_completes"].sum()), float(table["df"].sum())
    se = np.array([np.sqrt(variance)])
    return City(
        n_thon=int(table["n_thon"].sum()),
        n_completes=n,
        n_invited=int(table["n_invited"].sum()),
        cost=float(table["cost"].sum()),
        p=p,
        se=float(se[0]),
        df=df,
        margin=float(half_lengths(se, np.array([df]), confidence)[0]),
        deff=variance / (p * (1 - p) / n),
    )


def out_of_reach(communes: Communes, n_thon: object, take: object) -> list[str]:
    """Why a design cannot be had in each commune, as the code of :func:`evaluated`'s refusal; "" where it can."""
    m = count_column("n_thon", n_thon, communes.names)
    k = positive_column("take", take, communes.names)
    codes = np.full(len(communes.names), "", dtype=object)
    for code, _asked, _there, _extra, beyond in _beyond(communes, m, k):
        codes[beyond & (codes == "")] = code
    return [str(code) for code in codes]


def some_communes(communes: Communes, kept: npt.NDArray[np.bool_]) -> Communes:
    """Those of the communes that are ``kept``."""
    names = tuple(name for name, keep in zip(communes.names, kept, strict=True) if keep)
    columns = {field.name: getattr(communes, field.name)[kept] for field in fields(communes) if field.name != "names"}
    return Communes(names=names, **columns)


def _beyond(
    communes: Communes, m: FloatArray, k: FloatArray
) -> list[tuple[str, FloatArray, FloatArray, str, npt.NDArray[np.bool_]]]:
    """What is asked beside what is there, by the code of the refusal, and where it is too much."""
    answering = communes.per_thon * communes.response_rate
    return [
        (code, asked, there, extra, asked > there * (1 + 1e-9))
        for code, asked, there, extra in (
            ("more_thon_than_there_are", m, communes.thon, "thon"),
            ("more_people_than_there_are", k, answering, "adults"),
        )
    ]


def _refuse_more_than_there_are(communes: Communes, m: FloatArray, k: FloatArray) -> None:
    for code, asked, there, extra, beyond in _beyond(communes, m, k):
        if beyond.any():
            place = int(np.argmax(beyond))
            facts = {"asked": asked[place], extra: there[place]}
            raise SamplingError(code, stratum=communes.names[place], place=place + 1, **facts)


def t_quantile(df: FloatArray, confidence: float) -> FloatArray:
    finite = np.where(np.isfinite(df), df, 1.0)
    quantiles: FloatArray = np.where(
        np.isfinite(df), stdtrit(finite, 0.5 + confidence / 2), ndtri(0.5 + confidence / 2)
    )
    return quantiles
