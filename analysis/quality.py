"""Signs that a ballot should be looked at: indices beside what honest ballots of the same questionnaire give.

It flags, it never decides: nothing here drops or changes a ballot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.careless import (
    LEAST_PAIRS,
    ItemPairs,
    answered,
    even_odd,
    item_pairs,
    mahalanobis,
    pair_consistency,
    response_variability,
    runs,
    spread_of,
)
from analysis.faults import AnalysisError
from analysis.items import Items
from analysis.near_duplicates import NearDuplicates, near_duplicates
from analysis.person_fit import PersonFit, guttman_errors, steps_of
from analysis.quality_reference import HonestModel, honest_model
from analysis.sums import Bools, Floats

LEAST_BALLOTS = 30
MOST_SETS = 60
BANDS, IN_BAND = 20, 500
QUARTILE = 0.6744897501960817  # of the normal distribution


class Sign(StrEnum):
    """What a ballot may be flagged for."""

    LONGEST = "longest_string"
    AVERAGE = "average_string"
    VARIABILITY = "variability"
    DISTANCE = "distance"
    EVEN_ODD = "even_odd"
    SYNONYMS = "synonyms"
    ANTONYMS = "antonyms"
    PERSON_FIT = "person_fit"
    NONRESPONSE = "nonresponse"
    SPEED = "speed"
    DUPLICATE = "near_duplicate"


HIGH = (Sign.LONGEST, Sign.AVERAGE, Sign.DISTANCE, Sign.ANTONYMS)
LOW = (Sign.EVEN_ODD, Sign.SYNONYMS)


@dataclass(frozen=True, slots=True)
class Look:
    """How closely to look.

    Attributes
    ----------
    false_alarm : share of honest ballots that each sign may flag.
    scales : items of each scale, for even–odd consistency; none: no such sign.
    reversed_items : items of which a high answer is bad; they are turned for even–odd and person fit alone.
    critical : correlation from which items are synonyms (below its negative: antonyms).
    most_different : answers in which near-duplicates may differ.
    n_simulated : honest ballots to compare with.
    """

    false_alarm: float = 0.01
    scales: tuple[tuple[str, ...], ...] = ()
    reversed_items: tuple[str, ...] = ()
    critical: float = 0.6
    most_different: int = 3
    n_simulated: int = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """A value at or beyond a limit is flagged; infinite where honest ballots reach any value too often."""

    low: float = -math.inf
    high: float = math.inf

    def beyond(self, values: Floats) -> Bools:
        return np.asarray((values <= self.low) | (values >= self.high), dtype=np.bool_)


@dataclass(frozen=True)
class Review:
    """What n ballots show.

    Attributes
    ----------
    values, flags : sign -> (n,) the index, and whether it is beyond what honest ballots give.
    limits : of each sign; of person fit the range of its limits, which depend on how favourable a ballot is.
    expected : sign -> share of honest ballots that the sign flags (simulated; speed: stated).
    expected_any : share of honest ballots with any sign.
    duplicates : pairs that honest ballots would hardly give; pairs : all that were found, for clusters.
    absent : signs that cannot be had, with the code of the reason.
    """

    n: int
    look: Look
    values: Mapping[Sign, Floats]
    flags: Mapping[Sign, Bools]
    limits: Mapping[Sign, Limits]
    expected: Mapping[Sign, float]
    expected_any: float
    duplicates: NearDuplicates
    pairs: NearDuplicates = field(repr=False)
    model: HonestModel
    turned: Items = field(repr=False)
    absent: Mapping[Sign, str] = field(default_factory=dict)

    @property
    def any_flag(self) -> Bools:
        """(n,) whether a ballot shows any sign."""
        return np.asarray(np.logical_or.reduce(list(self.flags.values())), dtype=np.bool_)

    def table(self) -> pd.DataFrame:
        """A row for each sign: limits, ballots with the index, flagged ones, their share, the share of honest ones."""
        rows = []
        for sign, flags in self.flags.items():
            known, limits = int(np.isfinite(self.values[sign]).sum()), self.limits[sign]
            share = flags.sum() / known if known else math.nan
            rows.append((str(sign), limits.low, limits.high, known, int(flags.sum()), share, self.expected[sign]))
        total = int(self.any_flag.sum())
        rows.append(("any", math.nan, math.nan, self.n, total, total / self.n, self.expected_any))
        return pd.DataFrame(rows, columns=["sign", "low", "high", "n", "flagged", "share", "expected"])

    def ballots(self) -> pd.DataFrame:
        """A row for each ballot, in their order: row from 0, the index and the flag of each sign, how many signs."""
        columns: dict[str, object] = {"row": np.arange(self.n)}
        for sign, values in self.values.items():
            columns |= {str(sign): values, f"{sign}_flag": self.flags[sign]}
        return pd.DataFrame(columns | {"signs": np.sum(list(self.flags.values()), axis=0)})


@dataclass(frozen=True, slots=True)
class _Way:
    """How every set of ballots is measured: the same pairs of items, the same items turned (NaN: not)."""

    look: Look
    turns: Floats
    synonyms: ItemPairs
    antonyms: ItemPairs


def review(
    items: Items,
    rng: np.random.Generator,
    look: Look | None = None,
    *,
    seconds: Sequence[float] | Floats | None = None,
) -> Review:
    """Indices of careless or invented answers, with limits from simulated honest ballots.

    Parameters
    ----------
    items : (n, K) ordered answers in the order in which they were asked; NaN or the missing code for none.
    rng : draws the honest ballots; the same seed gives the same limits.
    seconds : (n,) time that each ballot took, NaN where unknown; only for groups whose rules allow a time to be kept.

    Notes
    -----
    Limits are the quantiles of sets of honest ballots that are as large as this one and go through the same steps, so
    that at most ``false_alarm`` of honest ballots are flagged by each sign, as far as honest people answer like the
    model: with these frequencies and correlations (:func:`analysis.quality_reference.honest_model`). Person fit is
    compared among ballots as favourable as the one in question. Nonresponse is compared with the other ballots, and
    speed (seconds per answer) with a log-normal distribution that has the median and lower quartile of these.

    Raises
    ------
    AnalysisError : ``too_few_ballots``, ``too_few_items``, ``bad_false_alarm``, ``bad_durations``,
        ``unknown_reversed``, ``unknown_in_scale``, and those of the model, of even–odd and of near-duplicates.
    """
    look = look or Look()
    _check(items, look)
    model = honest_model(items, rng)
    pairs = item_pairs(items, look.critical), item_pairs(items, look.critical, antonyms=True)
    way = _Way(look, _turns(items, model, look), *pairs)
    values, fit = _measured(items, way)
    honest, honest_fit = _honest(model, items.shape[0], rng, way)
    limits = {sign: _limits(sign, honest[sign], look.false_alarm) for sign in honest}
    flags = {sign: limits[sign].beyond(values[sign]) for sign in honest}
    alarms = {sign: limits[sign].beyond(honest[sign]) for sign in honest}
    band = _Bands.of(honest_fit, look.false_alarm)
    values[Sign.PERSON_FIT], flags[Sign.PERSON_FIT] = fit.normed, band.beyond(fit)
    alarms[Sign.PERSON_FIT] = band.beyond(honest_fit)
    limits[Sign.PERSON_FIT] = Limits(high=float(band.high.min()))
    honest[Sign.PERSON_FIT] = honest_fit.normed
    expected = {sign: float(flag.sum() / max(np.isfinite(honest[sign]).sum(), 1)) for sign, flag in alarms.items()}
    joint = 1 - float(np.logical_or.reduce(list(alarms.values())).mean())
    for sign, found in _apart(items, seconds, look).items():
        values[sign], limits[sign], expected[sign] = found
        flags[sign] = limits[sign].beyond(values[sign])
        joint *= 1 - expected[sign]
    nearly_alike = near_duplicates(items, look.most_different)
    duplicates, chance = _beyond_chance(nearly_alike, model, rng, look)
    values[Sign.DUPLICATE], limits[Sign.DUPLICATE] = duplicates.partners().astype(np.float64), Limits(high=1.0)
    flags[Sign.DUPLICATE], expected[Sign.DUPLICATE] = values[Sign.DUPLICATE] >= 1, chance
    ordered = [sign for sign in Sign if sign in values]
    return Review(
        n=items.shape[0],
        look=look,
        values={sign: values[sign] for sign in ordered},
        flags={sign: flags[sign] for sign in ordered},
        limits=limits,
        expected=expected,
        expected_any=1 - joint * (1 - chance),
        duplicates=duplicates,
        pairs=nearly_alike,
        model=model,
        turned=_turned(items, way.turns),
        absent=_absent(way, seconds is not None),
    )


def _check(items: Items, look: Look) -> None:
    n, n_items = items.shape
    if n < LEAST_BALLOTS:
        raise AnalysisError("too_few_ballots", n=n, least=LEAST_BALLOTS)
    if n_items < 2:
        raise AnalysisError("too_few_items", names=", ".join(items.names), least=2)
    if not 0 < look.false_alarm < 0.5:
        raise AnalysisError("bad_false_alarm", value=look.false_alarm)
    if unknown := [name for name in look.reversed_items if name not in items.names]:
        raise AnalysisError("unknown_reversed", names=", ".join(unknown))
    if unknown := [name for scale in look.scales for name in scale if name not in items.names]:
        raise AnalysisError("unknown_in_scale", names=", ".join(unknown))


def _turns(items: Items, model: HonestModel, look: Look) -> Floats:
    """Lowest plus highest answer of each item to be turned; NaN for the others."""
    sums = [levels[0] + levels[-1] for levels in model.levels]
    return np.array(
        [total if name in look.reversed_items else math.nan for name, total in zip(items.names, sums, strict=True)]
    )


def _turned(items: Items, turns: Floats) -> Items:
    """Items that all say good with a high answer."""
    if np.isnan(turns).all():
        return items
    values = np.where(items.lacks(items.values), np.nan, items.values)
    return Items(items.names, np.where(np.isnan(turns), values, turns - values))


def _measured(items: Items, way: _Way) -> tuple[dict[Sign, Floats], PersonFit]:
    strings, turned = runs(items), _turned(items, way.turns)
    values = {
        Sign.LONGEST: strings.longest,
        Sign.AVERAGE: strings.average,
        Sign.VARIABILITY: response_variability(items),
        Sign.DISTANCE: mahalanobis(items, spread_of(items)),
    }
    if way.look.scales:
        names = [name for scale in way.look.scales for name in scale]
        values[Sign.EVEN_ODD] = even_odd(turned.taken(names), [len(scale) for scale in way.look.scales])
    if len(way.synonyms.r) >= LEAST_PAIRS:
        values[Sign.SYNONYMS] = pair_consistency(items, way.synonyms)
    if len(way.antonyms.r) >= LEAST_PAIRS:
        values[Sign.ANTONYMS] = pair_consistency(items, way.antonyms)
    return values, guttman_errors(turned, steps_of(turned))


def _honest(model: HonestModel, n: int, rng: np.random.Generator, way: _Way) -> tuple[dict[Sign, Floats], PersonFit]:
    """The same indices of sets of honest ballots, one after the other."""
    size = min(n, way.look.n_simulated)
    sets = min(-(-way.look.n_simulated // size), MOST_SETS)
    found = [_measured(model.draw(size, rng), way) for _set in range(sets)]
    values = {sign: np.concatenate([values[sign] for values, _fit in found]) for sign in found[0][0]}
    fits = [fit for _values, fit in found]
    joined = (np.concatenate([getattr(fit, name) for fit in fits]) for name in ("errors", "normed", "taken"))
    return values, PersonFit(*joined)


def _limits(sign: Sign, honest: Floats, rate: float) -> Limits:
    if sign in HIGH:
        return Limits(high=upper_limit(honest, rate))
    if sign in LOW:
        return Limits(low=-upper_limit(-honest, rate))
    return Limits(-upper_limit(-honest, rate / 2), upper_limit(honest, rate / 2))


def upper_limit(honest: Floats, rate: float) -> float:
    """The lowest value that at most ``rate`` of the honest values reach; infinite if the highest is too common."""
    known = np.sort(honest[np.isfinite(honest)])
    if not len(known):
        return math.inf
    allowed = int(rate * len(known) + 1e-9)
    if allowed == 0:
        return math.inf
    bound = known[-allowed]
    if allowed < len(known) and known[-allowed - 1] == bound:  # ties reach below: go above them
        above = known[known > bound]
        return float(above[0]) if len(above) else math.inf
    return float(bound)


@dataclass(frozen=True, slots=True)
class _Bands:
    """Limits of person fit among ballots that are equally favourable."""

    edges: Floats
    high: Floats

    @classmethod
    def of(cls, honest: PersonFit, rate: float) -> _Bands:
        known = np.isfinite(honest.taken)
        count = int(np.clip(known.sum() // IN_BAND, 1, BANDS))
        edges = np.unique(np.quantile(honest.taken[known], np.arange(1, count) / count)) if known.any() else np.empty(0)
        band = np.searchsorted(edges, honest.taken, side="right")
        high = [upper_limit(honest.normed[known & (band == number)], rate) for number in range(len(edges) + 1)]
        return cls(edges, np.array(high))

    def beyond(self, fit: PersonFit) -> Bools:
        band = np.minimum(np.searchsorted(self.edges, fit.taken, side="right"), len(self.edges))
        return np.asarray(fit.normed >= self.high[band], dtype=np.bool_)


def _apart(
    items: Items, seconds: Sequence[float] | Floats | None, look: Look
) -> dict[Sign, tuple[Floats, Limits, float]]:
    """Nonresponse and speed, which have no honest model: compared with the other ballots."""
    given = answered(items)
    blanks = (items.shape[1] - given).astype(np.float64)
    high = upper_limit(blanks, look.false_alarm)
    found = {Sign.NONRESPONSE: (blanks, Limits(high=high), float((blanks >= high).mean()))}
    if seconds is None:
        return found
    taken = np.asarray(seconds, dtype=np.float64)
    if len(taken) != items.shape[0]:
        raise AnalysisError("row_labels", found=len(taken), expected=items.shape[0])
    wrong = np.flatnonzero((taken <= 0) | np.isinf(taken))
    if len(wrong):
        raise AnalysisError("bad_durations", rows=", ".join(map(str, wrong[:10])))
    pace = np.where(given > 0, taken / np.maximum(given, 1), np.nan)
    known = np.log(pace[np.isfinite(pace)])
    if len(known) < LEAST_BALLOTS:
        raise AnalysisError("too_few_ballots", n=len(known), least=LEAST_BALLOTS)
    quartile, middle = np.quantile(known, [0.25, 0.5])
    limit = math.exp(middle + ndtri(look.false_alarm) * (middle - quartile) / QUARTILE)
    low = limit if middle > quartile else -math.inf
    return found | {Sign.SPEED: (pace, Limits(low=low), look.false_alarm)}


def _beyond_chance(
    found: NearDuplicates, model: HonestModel, rng: np.random.Generator, look: Look
) -> tuple[NearDuplicates, float]:
    """Pairs too alike to be chance, and the share of honest ballots that have such a twin."""
    n = found.n
    size = min(n, look.n_simulated)
    sets = int(np.clip(look.n_simulated // (2 * size), 1, 10))
    drawn = [near_duplicates(model.draw(size, rng), look.most_different) for _set in range(sets)]
    least = max(found.least_distinctive, *(one.least_distinctive for one in drawn))
    while True:
        twins = sum(int((one.at_least(least).partners() > 0).sum()) for one in drawn)
        chance = min(twins / (sets * size) * n / size, 1.0)
        if chance <= look.false_alarm or least > found.n_items:
            return found.at_least(least), chance
        least += 1


def _absent(way: _Way, is_timed: bool) -> dict[Sign, str]:
    reasons = {
        Sign.EVEN_ODD: "" if way.look.scales else "no_scales",
        Sign.SYNONYMS: "" if len(way.synonyms.r) >= LEAST_PAIRS else "no_pairs",
        Sign.ANTONYMS: "" if len(way.antonyms.r) >= LEAST_PAIRS else "no_pairs",
        Sign.SPEED: "" if is_timed else "no_durations",
    }
    return {sign: reason for sign, reason in reasons.items() if reason}
