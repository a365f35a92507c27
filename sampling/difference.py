"""How many people it takes to find a difference between two samples, which may share people."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from sampling.faults import SamplingError
from sampling.quantities import finite, positive, rate, share
from sampling.rounding import rounded_up


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test of the difference between two estimates, and how their samples relate.

    ``power``: the chance that a true difference of that size is found. ``ratio``: size of sample 1 divided by size of
    sample 2. ``overlap``: share of sample 1 that is in sample 2 as well. ``deff``: of the difference.
    """

    power: float = 0.8
    significance: float = 0.05
    two_sided: bool = True
    ratio: float = 1.0
    overlap: float = 0.0
    deff: float = 1.0
    response_rate: float = 1.0
    eligibility_rate: float = 1.0

    def __post_init__(self) -> None:
        share("significance", self.significance)
        if share("power", self.power) <= self.significance:
            raise SamplingError("power_too_low", power=self.power, significance=self.significance)
        positive("ratio", self.ratio)
        positive("deff", self.deff)
        rate("response_rate", self.response_rate)
        rate("eligibility_rate", self.eligibility_rate)
        if not 0 <= finite("overlap", self.overlap) <= min(1.0, 1 / self.ratio):
            most = min(1.0, 1 / self.ratio)
            raise SamplingError("overlap_too_large", overlap=self.overlap, ratio=self.ratio, most=most)

    @property
    def z_significance(self) -> float:
        """The normal quantile that the difference must pass, in standard errors."""
        return float(ndtri(1 - self.significance / (2 if self.two_sided else 1)))


@dataclass(frozen=True, slots=True)
class TwoSampleSize:
    """Completes and invitations of two samples; ``..._exact`` before their one rounding."""

    first_exact: float
    n_first: int
    second_exact: float
    n_second: int
    first_invited_exact: float
    n_first_invited: int
    second_invited_exact: float
    n_second_invited: int


def completes_for_difference_of_proportions(
    p1: float, p2: float, *, both: float | None = None, test: Comparison | None = None
) -> TwoSampleSize:
    """Two samples that find the difference between two proportions.

    Parameters
    ----------
    p1, p2 : proportions, between 0 and 1, different.
    both : share of the people in both samples who have the trait both times; needed when the samples overlap.
    test : power, significance, ratio and overlap of the samples, design effect, response.

    Notes
    -----
    n1 = deff (p1 q1 + r p2 q2 - 2 g r (both - p1 p2)) (z_a + z_b)**2 / (p1 - p2)**2, n2 = n1 / r: PracTools'
    nProp2sam. The variance is that of unequal proportions; R's power.prop.test takes the pooled one under the null
    hypothesis and differs by a few people. No finite population: a difference asks about the process behind it.

    References
    ----------
    Valliant, Dever, Kreuter (2018), s. 4.4; Woodward (1992), Biometrics 48, 1-15.
    """
    test = test or Comparison()
    return _sizes(_proportions_variance(p1, p2, both, test), p1 - p2, test)


def completes_for_difference_of_means(
    difference: float, *, sd1: float, sd2: float | None = None, rho: float = 0.0, test: Comparison | None = None
) -> TwoSampleSize:
    """Two samples that find a difference between two means.

    Parameters
    ----------
    difference : of the means, not 0, in units of the variable.
    sd1, sd2 : standard deviations; sd2 is sd1 if not given.
    rho : correlation of a person's two values, for those in both samples; -1 to 1.

    Notes
    -----
    n1 = deff (sd1**2 + r sd2**2 - 2 g r rho sd1 sd2) (z_a + z_b)**2 / difference**2: PracTools' nDep2sam. Normal
    quantiles, so about one person fewer than power.t.test.

    References
    ----------
    Valliant, Dever, Kreuter (2018), s. 4.3.
    """
    test = test or Comparison()
    return _sizes(_means_variance(sd1, sd2, rho, test), finite("difference", difference), test)


def power_for_proportions(
    p1: float, p2: float, n_first: float, *, both: float | None = None, test: Comparison | None = None
) -> float:
    """The power that ``n_first`` completes (and n_first / ratio in sample 2) have; ``test.power`` is not used."""
    test = test or Comparison()
    return _power(_proportions_variance(p1, p2, both, test), p1 - p2, n_first, test)


def power_for_means(
    difference: float,
    n_first: float,
    *,
    sd1: float,
    sd2: float | None = None,
    rho: float = 0.0,
    test: Comparison | None = None,
) -> float:
    """The power that ``n_first`` completes (and n_first / ratio in sample 2) have; ``test.power`` is not used."""
    test = test or Comparison()
    return _power(_means_variance(sd1, sd2, rho, test), finite("difference", difference), n_first, test)


def _proportions_variance(p1: float, p2: float, both: float | None, test: Comparison) -> float:
    """Variance of the difference times n1."""
    share("p1", p1)
    share("p2", p2)
    covariance = 0.0
    if test.overlap > 0:
        if both is None:
            raise SamplingError("both_needed", overlap=test.overlap)
        low, high = max(0.0, p1 + p2 - 1), min(p1, p2)
        if not low <= finite("both", both) <= high:
            raise SamplingError("both_impossible", value=both, low=low, high=high)
        covariance = both - p1 * p2
    return p1 * (1 - p1) + test.ratio * p2 * (1 - p2) - 2 * test.overlap * test.ratio * covariance


def _means_variance(sd1: float, sd2: float | None, rho: float, test: Comparison) -> float:
    """Variance of the difference times n1."""
    first = positive("sd1", sd1)
    second = first if sd2 is None else positive("sd2", sd2)
    if not -1 <= finite("rho", rho) <= 1:
        raise SamplingError("no_correlation", value=rho)
    return first**2 + test.ratio * second**2 - 2 * test.overlap * test.ratio * rho * first * second


def _sizes(variance: float, difference: float, test: Comparison) -> TwoSampleSize:
    if difference == 0:
        raise SamplingError("no_difference")
    quantiles = test.z_significance + float(ndtri(test.power))
    first = test.deff * variance * (quantiles / difference) ** 2
    second = first / test.ratio
    answering = test.response_rate * test.eligibility_rate
    return TwoSampleSize(
        first_exact=first,
        n_first=_at_least_one(first),
        second_exact=second,
        n_second=_at_least_one(second),
        first_invited_exact=first / answering,
        n_first_invited=_at_least_one(first / answering),
        second_invited_exact=second / answering,
        n_second_invited=_at_least_one(second / answering),
    )


def _at_least_one(exact: float) -> int:
    """Nobody cannot be asked, even where the same people's two values differ by a constant."""
    return max(1, rounded_up(exact))


def _power(variance: float, difference: float, n_first: float, test: Comparison) -> float:
    if difference == 0:
        raise SamplingError("no_difference")
    se = math.sqrt(test.deff * variance / positive("n_first", n_first))
    if se == 0:  # the same people, always of one opinion about the difference
        return 1.0
    return float(ndtr(abs(difference) / se - test.z_significance))
