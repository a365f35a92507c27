"""What is computed beside an estimate and its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.intervals import ProportionInterval


class DesignEffect(StrEnum):
    """Against what the variance is set: a simple random sample without (R's default) or with replacement."""

    WITHOUT_REPLACEMENT = "without_replacement"
    WITH_REPLACEMENT = "with_replacement"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is computed beside the estimate and its standard error."""

    level: float = 0.95  # of the intervals
    proportion_interval: ProportionInterval = ProportionInterval.BETA
    deff: DesignEffect | None = None
    covariances: bool = False  # keep what contrasts and covariances need: one number per cell and item
    missing: int | None = None  # code of integer columns that means "no valid answer"
