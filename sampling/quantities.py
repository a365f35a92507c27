"""What a number of a sample design may be. Each check gives the number back or refuses it by its name and value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sampling.faults import SamplingError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def finite(name: str, value: object) -> float:
    """The value as a float; text, truth values, NaN and infinity are refused."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise SamplingError("value_no_number", name=name, value=value)
    if not math.isfinite(value):
        raise SamplingError("value_no_number", name=name, value=value)
    return float(value)


def positive(name: str, value: object) -> float:
    """The value if it is above zero."""
    number = finite(name, value)
    if number <= 0:
        raise SamplingError("value_not_positive", name=name, value=value)
    return number


def share(name: str, value: object) -> float:
    """The value if it lies between 0 and 1, ends excluded."""
    number = finite(name, value)
    if not 0 < number < 1:
        raise SamplingError("value_no_share", name=name, value=value)
    return number


def rate(name: str, value: object) -> float:
    """The value if it is above 0 and at most 1."""
    number = finite(name, value)
    if not 0 < number <= 1:
        raise SamplingError("value_no_rate", name=name, value=value)
    return number


def at_least(name: str, value: object, least: float) -> float:
    """The value if it is not below ``least``."""
    number = finite(name, value)
    if number < least:
        raise SamplingError("value_too_small", name=name, value=value, least=f"{least:g}")
    return number


def whole(name: str, value: object, least: int = 1) -> int:
    """The value if it is a whole number that is not below ``least``."""
    number = at_least(name, value, least)
    if number != math.floor(number):
        raise SamplingError("value_not_whole", name=name, value=value)
    return int(number)


def column(name: str, values: object, strata: Sequence[str]) -> FloatArray:
    """A number for each stratum; one number stands for all. What is no number is refused with its stratum."""
    if isinstance(values, str):
        raise SamplingError("value_no_number", name=name, value=values)
    cells = np.asarray(values, dtype=object)
    if cells.ndim == 0:
        cells = np.full(len(strata), cells.item(), dtype=object)
    if cells.shape != (len(strata),):
        raise SamplingError("wrong_length", name=name, found=cells.size, strata=len(strata))
    numbers = np.empty(len(strata))
    for place, cell in enumerate(cells.tolist()):
        try:
            numbers[place] = finite(name, cell)
        except SamplingError as error:
            raise _refused("stratum_no_number", name, cell, strata, place) from error
    return numbers


def positive_column(name: str, values: object, strata: Sequence[str]) -> FloatArray:
    """A number above zero for each stratum."""
    numbers = column(name, values, strata)
    _all(numbers > 0, "stratum_not_positive", name, numbers, strata)
    return numbers


def spread_column(name: str, values: object, strata: Sequence[str]) -> FloatArray:
    """A number that is not negative for each stratum."""
    numbers = column(name, values, strata)
    _all(numbers >= 0, "stratum_negative", name, numbers, strata)
    return numbers


def share_column(name: str, values: object, strata: Sequence[str]) -> FloatArray:
    """A number between 0 and 1, ends excluded, for each stratum."""
    numbers = column(name, values, strata)
    _all((numbers > 0) & (numbers < 1), "stratum_no_share", name, numbers, strata)
    return numbers


def rate_column(name: str, values: object, strata: Sequence[str]) -> FloatArray:
    """A number above 0 and at most 1 for each stratum."""
    numbers = column(name, values, strata)
    _all((numbers > 0) & (numbers <= 1), "stratum_no_rate", name, numbers, strata)
    return numbers


def count_column(name: str, values: object, strata: Sequence[str]) -> FloatArray:
    """A whole number of at least 1 for each stratum."""
    numbers = column(name, values, strata)
    _all((numbers >= 1) & (numbers == np.floor(numbers)), "stratum_no_count", name, numbers, strata)
    return numbers


def _all(sound: BoolArray, code: str, name: str, numbers: FloatArray, strata: Sequence[str]) -> None:
    if not sound.all():
        place = int(np.argmin(sound))
        raise _refused(code, name, f"{numbers[place]:g}", strata, place)


def _refused(code: str, name: str, value: object, strata: Sequence[str], place: int) -> SamplingError:
    return SamplingError(code, name=name, value=value, stratum=strata[place], place=place + 1)
