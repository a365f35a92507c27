"""Weights of those who answered, raised for those who did not: by classes or by the propensity to answer.

First the weight of cases whose eligibility is unknown is shared among the known ones of their class, then that of
eligible nonrespondents among the respondents. A class too thin for that is refused by name, or collapsed along an order
that was declared beforehand and into the table of results; never in silence.

Valliant, Dever & Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, 2nd ed., ch. 13; Little
(1986), Int. Stat. Rev. 54, 139-157, for classes of propensity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.door import Bools, Floats, Ints, numbers, positive, shown
from sampling.faults import SamplingError
from sampling.margins import level_codes


class Outcome(StrEnum):
    """What became of a sampled case, as far as weighting is concerned."""

    RESPONDENT = "respondent"
    NONRESPONDENT = "nonrespondent"
    INELIGIBLE = "ineligible"
    UNKNOWN = "unknown"  # nobody knows whether the case is eligible


@dataclass(frozen=True, slots=True)
class ClassRules:
    """When a class is too thin to adjust in.

    min_cases : cases that receive weight, at least. max_factor : the factor, at most.
    """

    min_cases: int = 20
    max_factor: float = 3.0


@dataclass(frozen=True, eq=False)
class Adjustment:
    """Weights after one step.

    adjusted_weights : (n,) after; 0 for cases whose weight went to others.
    factors : (n,) by which the weights were multiplied.
    classes : a row for each class: ``class``, ``level`` (0: as given, 1 and more: collapsed so often), ``receiving``
        and ``giving`` cases, ``rate`` (weight of the receiving over that of both), ``factor``.
    """

    adjusted_weights: Floats
    factors: Floats
    classes: pd.DataFrame

    @property
    def n_collapsed(self) -> int:
        """Classes that stand in for finer ones."""
        return int((self.classes["level"] > 0).sum())


def outcomes(values: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """The column as outcomes; a word that is none is refused."""
    codes, words = pd.factorize(pd.Series(values, dtype=object), use_na_sentinel=False)
    if not len(codes):
        raise SamplingError("column_without_rows", name="outcome")
    wrong = [str(word) for word in words if str(word) not in list(Outcome)]
    if wrong:
        raise SamplingError("bad_outcome", values=shown(sorted(wrong)))
    return np.asarray([str(word) for word in words], dtype=object)[codes]


def adjust_unknown_eligibility(
    base_weights: npt.ArrayLike,
    outcome: npt.ArrayLike,
    classes: Sequence[npt.ArrayLike] = (),
    *,
    rules: ClassRules = ClassRules(),
) -> Adjustment:
    """The weight of cases of unknown eligibility shared among the known cases, eligible or not, of their class.

    Parameters
    ----------
    base_weights : (n,) above zero. outcome : (n,) :class:`Outcome`.
    classes : (n,) labels; several go from fine to coarse and declare the order of collapsing. None: one class.

    Returns
    -------
    Adjustment : factor = Σ all / Σ known in the class; 0 for the unknown.

    Raises
    ------
    SamplingError : classes that break the rules at the coarsest level, by name.
    """
    status = outcomes(outcome)
    before = positive(base_weights, "base_weights", expected=len(status))
    unknown = status == Outcome.UNKNOWN
    return _shared(_Flow(before, unknown, ~unknown), classes, rules)


def adjust_nonresponse(
    base_weights: npt.ArrayLike,
    outcome: npt.ArrayLike,
    classes: Sequence[npt.ArrayLike] = (),
    *,
    rules: ClassRules = ClassRules(),
) -> Adjustment:
    """The weight of eligible nonrespondents shared among the respondents of their class.

    Parameters and errors as in :func:`adjust_unknown_eligibility`; cases of unknown eligibility must have weight 0 by
    then. Ineligible cases keep their weight: they stand for ineligible people.

    Returns
    -------
    Adjustment : factor = Σ eligible / Σ respondents in the class; 0 for nonrespondents.
    """
    status = outcomes(outcome)
    before = _known_weights(base_weights, status)
    flow = _Flow(before, status == Outcome.NONRESPONDENT, status == Outcome.RESPONDENT)
    return _shared(flow, classes, rules)


def adjust_by_propensity(
    base_weights: npt.ArrayLike,
    outcome: npt.ArrayLike,
    propensities: npt.ArrayLike,
    *,
    max_factor: float = 10.0,
) -> Adjustment:
    """Respondents' weights over their propensity to answer.

    propensities : (n,) in (0, 1], of eligible cases (others are not looked at). A factor above ``max_factor`` is
    refused with its rows: few propensities near zero make few people stand for many.
    """
    status = outcomes(outcome)
    before = _known_weights(base_weights, status)
    chance = np.asarray(propensities, dtype=np.float64)
    takes, gives = status == Outcome.RESPONDENT, status == Outcome.NONRESPONDENT
    if len(chance) != len(before):
        raise SamplingError("column_rows_differ", name="propensities", found=len(chance), expected=len(before))
    _refuse_rows("bad_propensity", (takes | gives) & ~((chance > 0) & (chance <= 1)))
    factors = np.where(gives, 0.0, 1.0)
    factors[takes] = 1 / chance[takes]
    _refuse_rows("propensity_too_small", factors > max_factor, max_factor=max_factor)
    rate = float(before[takes].sum() / before[takes | gives].sum())
    row = {"class": "", "level": 0, "receiving": int(takes.sum()), "giving": int(gives.sum()), "rate": rate}
    table = pd.DataFrame([row | {"factor": float(factors[takes].max(initial=0))}])
    return Adjustment(before * factors, factors, table)


def propensity_classes(propensities: npt.ArrayLike, eligible: npt.ArrayLike, *, n_classes: int = 5) -> Ints:
    """The class (n,) of each row by quantiles of the propensity among eligible cases, from 1; 0 for other rows.

    Refuses propensities so alike that there are fewer classes than asked for.
    """
    chance, counted = numbers(propensities, "propensities"), np.asarray(eligible, dtype=np.bool_)
    if n_classes < 2 or not counted.any():
        raise SamplingError("propensity_classes_tied", asked=n_classes, made=int(counted.any()))
    cuts = np.quantile(chance[counted], np.arange(1, n_classes) / n_classes)
    place = np.where(counted, 1 + np.searchsorted(cuts, chance, side="left"), 0)
    made = len(np.unique(place[counted]))
    if made < n_classes:
        raise SamplingError("propensity_classes_tied", asked=n_classes, made=made)
    return place.astype(np.intp)


def _known_weights(base_weights: npt.ArrayLike, status: npt.NDArray[np.object_]) -> Floats:
    """Weights above zero, or zero where eligibility is unknown and the weight went to others."""
    before = numbers(base_weights, "base_weights", expected=len(status))
    unknown = status == Outcome.UNKNOWN
    left = unknown & (before != 0)
    if left.any():
        raise SamplingError("unknown_left", rows=int(left.sum()))
    if not (status == Outcome.RESPONDENT).any():
        raise SamplingError("no_respondents")
    positive(before[~unknown], "base_weights")
    return before


@dataclass(frozen=True, slots=True)
class _Flow:
    """Which rows give their weight and which take it."""

    before: Floats
    gives: Bools
    takes: Bools

    def sums(self, codes: Ints, size: int) -> tuple[Floats, Floats]:
        """Weight of the giving and of the taking rows of each class."""
        giving = np.bincount(codes, self.before * self.gives, size)
        return giving.astype(np.float64), np.bincount(codes, self.before * self.takes, size).astype(np.float64)


def _shared(flow: _Flow, classes: Sequence[npt.ArrayLike], rules: ClassRules) -> Adjustment:
    """Weight of the giving rows to the taking rows of their class; other rows keep theirs."""
    codes, names, levels = _collapsed(flow, _levels(classes, len(flow.before)), rules)
    size = len(names)
    giving, taking = flow.sums(codes, size)
    both = giving + taking
    class_factor = np.divide(both, taking, out=np.ones(size), where=taking > 0)
    factors = np.where(flow.gives, 0.0, np.where(flow.takes, class_factor[codes], 1.0))
    table = pd.DataFrame(
        {
            "class": names,
            "level": levels,
            "receiving": np.bincount(codes, flow.takes, size).astype(int),
            "giving": np.bincount(codes, flow.gives, size).astype(int),
            "rate": np.divide(taking, both, out=np.full(size, np.nan), where=both > 0),
            "factor": class_factor,
        }
    )
    return Adjustment(flow.before * factors, factors, table[both > 0].reset_index(drop=True))


def _levels(classes: Sequence[npt.ArrayLike], count: int) -> list[tuple[Ints, list[str]]]:
    """Codes and names of each level, from fine to coarse, each nested in the next."""
    if not classes:
        return [(np.zeros(count, dtype=np.intp), ["all"])]
    levels = [level_codes(labels, f"classes[{k}]") for k, labels in enumerate(classes)]
    for codes, _names in levels:
        if len(codes) != count:
            raise SamplingError("column_rows_differ", name="classes", found=len(codes), expected=count)
    for (fine, names), (coarse, coarse_names) in pairwise(levels):
        pairs = np.unique(np.stack([fine, coarse]), axis=1)
        torn = np.flatnonzero(np.bincount(pairs[0]) > 1)
        if len(torn):
            inside = [coarse_names[k] for k in pairs[1][pairs[0] == torn[0]]]
            raise SamplingError("classes_not_nested", name=names[torn[0]], wider=shown(inside))
    return levels


def _collapsed(flow: _Flow, levels: list[tuple[Ints, list[str]]], rules: ClassRules) -> tuple[Ints, list[str], Ints]:
    """The class of each row after thin classes went up the declared levels; the names and the level of the classes."""
    height = np.zeros(len(flow.before), dtype=np.intp)  # level that a row's class is taken from
    for level in range(len(levels)):
        codes, first = _numbered(levels, height)
        names = [levels[height[row]][1][levels[height[row]][0][row]] for row in first]
        thin = _thin(flow, codes, len(names), rules)
        if not thin.any():
            break
        if level == len(levels) - 1:
            raise _too_thin(flow, codes, names, thin, rules)
        wider = levels[level + 1][0]
        height[np.isin(wider, wider[thin[codes]])] = level + 1
    return codes, names, height[first]


def _numbered(levels: list[tuple[Ints, list[str]]], height: Ints) -> tuple[Ints, Ints]:
    """The class of each row as a number, and a row of each class."""
    own = np.stack([codes for codes, _ in levels])[height, np.arange(len(height))]
    widest = max(len(names) for _, names in levels)
    _, first, codes = np.unique(height * widest + own, return_index=True, return_inverse=True)
    return codes.astype(np.intp), first.astype(np.intp)


def _thin(flow: _Flow, codes: Ints, size: int, rules: ClassRules) -> Bools:
    """Classes that have weight to give and too few to take it, or a factor above the limit."""
    giving, taking = flow.sums(codes, size)
    few = np.bincount(codes, flow.takes, size) < max(rules.min_cases, 1)
    return np.asarray((giving > 0) & (few | (giving + taking > rules.max_factor * taking)))


def _too_thin(flow: _Flow, codes: Ints, names: list[str], thin: Bools, rules: ClassRules) -> SamplingError:
    """The first of the thin classes, and how many there are."""
    k = int(np.flatnonzero(thin)[0])
    giving, taking = (float(sums[k]) for sums in flow.sums(codes, len(names)))
    return SamplingError(
        "thin_class",
        name=names[k],
        receiving=int((flow.takes & (codes == k)).sum()),
        factor=(giving + taking) / taking if taking else np.inf,
        min_cases=rules.min_cases,
        max_factor=rules.max_factor,
        n_thin=int(thin.sum()),
    )


def _refuse_rows(code: str, wrong: Bools, **facts: object) -> None:
    if wrong.any():
        raise SamplingError(code, rows=shown([str(row + 1) for row in np.flatnonzero(wrong)]), **facts)
