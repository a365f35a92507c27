"""The strata that a sample is shared among: their people, their bounds, the price of an interview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from sampling.faults import SamplingError
from sampling.quantities import BoolArray, FloatArray, count_column, positive_column, spread_column

LEAST = 2  # two people are the fewest that show a standard error


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Arrays with one place for each stratum. Made by :func:`strata_of`, which checks them.

    ``lower`` and ``upper`` are whole numbers, 1 <= lower <= upper <= population; ``cost``: of one interview.
    """

    names: tuple[str, ...]
    population: FloatArray
    lower: FloatArray
    upper: FloatArray
    cost: FloatArray
    take_all: BoolArray

    @property
    def people(self) -> float:
        """Everybody."""
        return float(self.population.sum())


def strata_of(
    names: Sequence[str],
    population: object,
    *,
    minimum: object = None,
    maximum: object = None,
    cost: object = 1.0,
    take_all: Collection[str] = (),
) -> Strata:
    """Checked strata.

    Parameters
    ----------
    names : one for each stratum, all different.
    population : people of each stratum, whole numbers of at least 1.
    minimum : people to ask at least; one number for all (a stratum with fewer people is then taken whole) or one for
        each. 2 if not given; at least 1, as a stratum without anybody cannot be estimated.
    maximum : people to ask at most; one number or one for each; never more than the population.
    cost : price of an interview, one number or one for each.
    take_all : names of strata where everybody is asked, whatever minimum and maximum say.

    Raises
    ------
    SamplingError : names the stratum and its place (from 1).
    """
    labels = tuple(str(name) for name in names)
    if not labels:
        raise SamplingError("no_strata")
    _refuse_twins(labels)
    people = count_column("population", population, labels)
    everybody = _places(take_all, labels)
    lower = count_column("minimum", LEAST if minimum is None else minimum, labels)
    if np.asarray(minimum, dtype=object).ndim == 0:
        lower = np.minimum(lower, people)
    upper = people.copy() if maximum is None else np.minimum(count_column("maximum", maximum, labels), people)
    lower, upper = np.where(everybody, people, lower), np.where(everybody, people, upper)
    _refuse_crossed(labels, lower, upper)
    return Strata(labels, people, lower, upper, positive_column("cost", cost, labels), everybody)


def anticipated_se(strata: Strata, sd: object, n: object) -> float:
    """The standard error of the stratified mean when n people of each stratum answer, drawn without replacement.

    sd: standard deviation of each stratum (divisor N-1). Source: Cochran (1977), eq. 5.6.
    """
    spread = spread_column("sd", sd, strata.names) * strata.population
    people = positive_column("n", n, strata.names)
    beyond = people > strata.population * (1 + 1e-9)
    if beyond.any():
        h = int(np.argmax(beyond))
        facts = {"n": f"{people[h]:g}", "population": f"{strata.population[h]:g}"}
        raise SamplingError("stratum_beyond_population", stratum=strata.names[h], place=h + 1, **facts)
    left = np.maximum(1 / people - 1 / strata.population, 0.0)
    return float(np.sqrt(np.sum(spread**2 * left))) / strata.people


def _refuse_twins(names: tuple[str, ...]) -> None:
    twin, times = Counter(names).most_common(1)[0]
    if times > 1:
        places = ", ".join(str(place) for place, name in enumerate(names, 1) if name == twin)
        raise SamplingError("same_stratum", stratum=twin, places=places)


def _places(chosen: Collection[str], names: tuple[str, ...]) -> BoolArray:
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise SamplingError("unknown_stratum", stratum=unknown[0], known=", ".join(names[:10]))
    return np.isin(np.array(names), np.array(list(chosen), dtype=str))


def _refuse_crossed(names: tuple[str, ...], lower: FloatArray, upper: FloatArray) -> None:
    crossed = lower > upper
    if crossed.any():
        h = int(np.argmax(crossed))
        raise SamplingError(
            "minimum_above_maximum", stratum=names[h], place=h + 1, minimum=float(lower[h]), maximum=float(upper[h])
        )
