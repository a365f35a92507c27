"""One adult from each household, where the frame lists households."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sampling.faults import SamplingError
from sampling.inclusion import Floats, Numbers, first_few, numbers_of

# Kish (1949), table 1: by number of adults (1 .. 6), the adult to ask; adults listed men first, oldest first
KISH_TABLES = np.array(
    [
        [1, 1, 1, 1, 1, 1],  # A
        [1, 1, 1, 1, 2, 2],  # B1
        [1, 1, 1, 2, 2, 2],  # B2
        [1, 1, 2, 2, 3, 3],  # C
        [1, 2, 2, 3, 4, 4],  # D
        [1, 2, 3, 3, 3, 5],  # E1
        [1, 2, 3, 4, 5, 5],  # E2
        [1, 2, 3, 4, 5, 6],  # F
    ]
)
KISH_SHARES = np.array([2, 1, 1, 2, 2, 1, 1, 2]) / 12


class Within(StrEnum):
    """How the adult is found."""

    UNIFORM = "uniform"  # any of the listed adults with the same probability
    KISH = "kish"  # by one of Kish's eight tables


@dataclass(frozen=True, slots=True)
class HouseholdSelection:
    """The adult to ask in each household, and what that does to the weights."""

    selected: npt.NDArray[np.int64]  # place in the list of the household's adults, from 1
    probability: Floats  # of that adult within the household
    weight_factor: Floats  # 1 / probability, at most ``cap``: multiply the household's design weight by it
    cap: float | None
    n_capped: int  # households whose factor was cut to the cap: their people are under-represented, by declaration


def adult_to_ask(
    adults: Numbers, rng: np.random.Generator, *, within: Within = Within.UNIFORM, cap: float | None = None
) -> HouseholdSelection:
    """Choose one adult in each household.

    Parameters
    ----------
    adults : number of eligible adults of each household drawn, whole, at least 1
    rng : the generator
    within : uniform, or Kish's tables (at most 6 adults; of 5 adults the third and fifth are drawn with 1/4, the
        others with 1/6, and the probability says so)
    cap : largest weight factor, declared; None: no cap, unbiased

    Raises
    ------
    SamplingError : a number of adults that is no whole number from 1 (or above 6 with Kish), a cap below 1

    References
    ----------
    Kish (1949), JASA 44: 380-387; Kish (1965), Survey Sampling, s. 11.3.
    """
    count = numbers_of(("số người lớn", "number of adults"), adults)
    wrong = np.flatnonzero((count < 1) | (count % 1 != 0))
    if wrong.size:
        raise SamplingError("adults_not_whole", units=first_few(wrong), value=float(count[wrong[0]]))
    if cap is not None and not cap >= 1:
        raise SamplingError("cap_below_one", cap=cap)
    whole = count.astype(np.int64)
    if within is Within.KISH:
        selected, probability = _kish(whole, rng)
    else:
        selected, probability = rng.integers(1, whole, endpoint=True), 1 / count
    factor = 1 / probability
    limit = np.inf if cap is None else cap
    n_capped = int((factor > limit * (1 + 1e-12)).sum())
    return HouseholdSelection(selected, probability, np.minimum(factor, limit), cap, n_capped)


def _kish(adults: npt.NDArray[np.int64], rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], Floats]:
    many = np.flatnonzero(adults > KISH_TABLES.shape[1])
    if many.size:
        raise SamplingError("kish_too_many", units=first_few(many), value=int(adults[many[0]]))
    table = rng.choice(len(KISH_TABLES), size=len(adults), p=KISH_SHARES)
    selected = KISH_TABLES[table, adults - 1]
    same = KISH_TABLES[:, adults - 1] == selected
    return selected, KISH_SHARES @ same
