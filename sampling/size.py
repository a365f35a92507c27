"""How many people must answer, and how many must be asked, to know a proportion or a mean well enough.

Every size comes from one equation: the variance that the aim allows is ``deff * S**2 / n * (1 - n / N)``. Sizes stay
exact until the end and are rounded up once. docs/statistics.md lists the formulas with their sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from scipy.special import ndtri

from sampling.faults import SamplingError
from sampling.quantities import finite, positive, rate, share, whole
from sampling.rounding import NOISE, rounded_up


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the survey will meet.

    ``population``: the people the survey is about, None when they are so many that it does not matter. ``deff``: the
    variance of the design as a multiple of that of a simple random sample of as many people, drawn without
    replacement. ``response_rate``: share of the eligible people invited who answer. ``eligibility_rate``: share of
    the list that belongs to the population.
    """

    confidence: float = 0.95
    population: float | None = None
    deff: float = 1.0
    response_rate: float = 1.0
    eligibility_rate: float = 1.0

    def __post_init__(self) -> None:
        share("confidence", self.confidence)
        positive("deff", self.deff)
        rate("response_rate", self.response_rate)
        rate("eligibility_rate", self.eligibility_rate)
        if self.population is not None:
            whole("population", self.population)

    @property
    def z(self) -> float:
        """The normal quantile of a two-sided interval, e.g. 1.959964."""
        return float(ndtri(0.5 + self.confidence / 2))

    @property
    def people(self) -> float:
        """The population, infinite when it is not given."""
        return math.inf if self.population is None else float(self.population)


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many complete interviews an aim needs and how many invitations they need.

    ``completes_exact`` and ``invited_exact`` are the sizes before their one rounding. ``margin`` is half the interval
    that ``n_completes`` gives, or all who can be expected to answer where these are fewer; ``enough_people`` is False
    then: the whole list is invited and the aim is missed.
    """

    completes_exact: float
    n_completes: int
    invited_exact: float
    n_invited: int
    margin: float
    enough_people: bool


@dataclass(frozen=True, slots=True)
class Precision:
    """What n complete interviews give. ``cv`` and ``relative_margin`` are shares of the estimate, NaN if it is 0."""

    n: float
    se: float
    margin: float
    cv: float
    relative_margin: float


@dataclass(frozen=True, slots=True)
class WilsonSize:
    """A size for a Wilson interval, which is not centred at p: its expected ends beside the size."""

    size: SampleSize
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DomainSizes:
    """A size for each domain. ``largest``: the domain that needs most completes; sums over the domains.

    ``proportional_exact``: completes in all if the sample is shared out in proportion to the populations and every
    domain still gets what it needs (NaN without populations).
    """

    by_domain: dict[str, SampleSize]
    largest: str
    n_completes: int
    n_invited: int
    proportional_exact: float


@dataclass(frozen=True, slots=True)
class Yamane:
    """Yamane's n = N / (1 + N e**2), and what it is worth.

    It takes for granted: p = 0.5, z = 2 (a confidence of 95.45 %), a simple random sample (deff 1), everybody
    eligible and answering, one figure for the whole population. ``margin`` is what its n gives under the conditions
    at hand when n people are invited, at their confidence.
    """

    exact: float
    n: int
    margin: float


def completes_for_proportion(
    *,
    p: float = 0.5,
    margin: float | None = None,
    relative_margin: float | None = None,
    cv: float | None = None,
    se: float | None = None,
    under: Conditions | None = None,
) -> SampleSize:
    """People needed to know a proportion within a margin, a relative margin, with a CV or a standard error.

    Parameters
    ----------
    p : expected proportion, 0 < p < 1; 0.5 asks for most people with an absolute margin.
    margin : half the confidence interval, a fraction (0.05 = 5 points).
    relative_margin, cv : shares of p. se : a fraction. Exactly one of the four.
    under : confidence, population, design effect, response; by default 95 % and a simple random sample of many.

    Raises
    ------
    SamplingError : a number that cannot be, or not exactly one aim.

    Notes
    -----
    With x = deff p (1-p) / se**2 people from a very large population, n = N x / (N - 1 + x). That is Cochran's
    x / (1 + (x-1)/N) and, for deff 1, PracTools' nProp and nPropMoe, both with S**2 = N p (1-p) / (N-1): 277.733 for
    N = 1000, margin 0.05. The shorter x / (1 + x/N) (277.533 there) takes S**2 = p (1-p); :func:`completes_for_mean`
    with that sd gives it. Krejcie and Morgan's (1970) table is the same formula with p = 0.5; its 384 for N = 100,000
    is a misprint of 383. The normal approximation fails when n p or n (1-p) is below about 10:
    :func:`completes_for_proportion_wilson`.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., s. 4.4; Valliant, Dever, Kreuter (2018), s. 3.2.
    """
    under = under or Conditions()
    share("p", p)
    aims = {"margin": margin, "relative_margin": relative_margin, "cv": cv, "se": se}
    for name in ("margin", "se"):
        if aims[name] is not None:
            share(name, aims[name])
    x = under.deff * p * (1 - p) / _target_se(aims, p, under.z) ** 2
    return _sized(_proportion_exact(x, under.people), under, lambda n: under.z * _se_of_proportion(p, n, under))


def completes_for_proportion_wilson(*, p: float = 0.5, margin: float, under: Conditions | None = None) -> WilsonSize:
    """People needed for a Wilson (score) interval of half length ``margin``, and where it is expected to lie.

    Notes
    -----
    The effective size m solves margin**2 (m + z**2)**2 = z**2 (m p (1-p) + z**2 / 4); deff and the finite population
    then act as in :func:`completes_for_proportion`. Without them it is PracTools' nWilson. Refused when a Wilson
    interval of that length needs nobody (margin of one half or more).

    References
    ----------
    Wilson (1927), JASA 22, 209-212; Valliant, Dever, Kreuter (2018), s. 3.2.3.
    """
    under = under or Conditions()
    share("p", p)
    if share("margin", margin) >= 0.5:
        raise SamplingError("value_no_share", name="2 * margin", value=2 * margin)
    z2, e2 = under.z**2, margin**2
    b = z2 * (2 * e2 - p * (1 - p))
    m = (-b + math.sqrt(b**2 + 4 * e2 * z2**2 * (0.25 - e2))) / (2 * e2)
    size = _sized(_proportion_exact(under.deff * m, under.people), under, lambda n: wilson_margin(n, p=p, under=under))
    centre = (p + z2 / (2 * m)) / (1 + z2 / m)
    return WilsonSize(size, centre - margin, centre + margin)


def completes_for_mean(
    *,
    sd: float | None = None,
    mean: float | None = None,
    unit_cv: float | None = None,
    margin: float | None = None,
    relative_margin: float | None = None,
    cv: float | None = None,
    se: float | None = None,
    under: Conditions | None = None,
) -> SampleSize:
    """People needed to know a mean within a margin, a relative margin, with a CV or a standard error.

    Parameters
    ----------
    sd : standard deviation of the people (divisor N-1). mean : needed with sd for the relative aims.
    unit_cv : sd / mean, instead of both; the margin of the result is then a share of the mean.
    margin, se : in units of the variable. relative_margin, cv : shares of the mean. Exactly one of the four.

    Notes
    -----
    With x = deff sd**2 / se**2, n = x / (1 + x/N). PracTools' nCont and nContMoe for deff 1.

    References
    ----------
    Cochran (1977), s. 4.6; Valliant, Dever, Kreuter (2018), s. 3.1.
    """
    under = under or Conditions()
    aims = {"margin": margin, "relative_margin": relative_margin, "cv": cv, "se": se}
    spread, level = _spread_and_level(sd, mean, unit_cv, aims)
    x = under.deff * (spread / _target_se(aims, level, under.z)) ** 2
    exact = x / (1 + x / under.people)
    return _sized(exact, under, lambda n: under.z * _se_of_mean(spread, n, under))


def margin_of_proportion(n: float, *, p: float = 0.5, under: Conditions | None = None) -> Precision:
    """What n completes tell of a proportion p: the inverse of :func:`completes_for_proportion`."""
    under = under or Conditions()
    share("p", p)
    return _precision(_completes(n, under), _se_of_proportion(p, n, under), p, under)


def margin_of_mean(n: float, *, sd: float, mean: float | None = None, under: Conditions | None = None) -> Precision:
    """What n completes tell of a mean: the inverse of :func:`completes_for_mean`. Relative figures need the mean."""
    under = under or Conditions()
    positive("sd", sd)
    level = math.nan if mean is None else finite("mean", mean)
    return _precision(_completes(n, under), _se_of_mean(sd, n, under), level, under)


def wilson_margin(n: float, *, p: float = 0.5, under: Conditions | None = None) -> float:
    """Half the length of the Wilson interval that n completes give at p; 0 for everybody."""
    under = under or Conditions()
    share("p", p)
    if _completes(n, under) >= under.people:
        return 0.0
    people = under.people
    m = n / under.deff * (1.0 if math.isinf(people) else (people - 1) / (people - n))
    z2 = under.z**2
    return math.sqrt(z2 * (p * (1 - p) / m + z2 / (4 * m**2))) / (1 + z2 / m)


def completes_by_domain(
    populations: Mapping[str, float | None],
    *,
    p: float | Mapping[str, float] = 0.5,
    margin: float | None = None,
    relative_margin: float | None = None,
    cv: float | None = None,
    se: float | None = None,
    under: Conditions | None = None,
) -> DomainSizes:
    """The same aim in every domain: what each needs, the sum, the largest need.

    populations: people of each domain, None for very many. p: one proportion, or one for each domain.
    ``under.population`` is not used.
    """
    if not populations:
        raise SamplingError("no_domains")
    under = under or Conditions()
    by_domain = {}
    for domain, population in populations.items():
        if isinstance(p, Mapping) and domain not in p:
            raise SamplingError("no_share_of_domain", domain=domain, known=", ".join(p))
        if population is not None:
            whole(f"population {domain}", population)
        by_domain[domain] = completes_for_proportion(
            p=share(f"p {domain}", p[domain] if isinstance(p, Mapping) else p),
            margin=margin,
            relative_margin=relative_margin,
            cv=cv,
            se=se,
            under=replace(under, population=population),
        )
    total = sum(math.nan if people is None else float(people) for people in populations.values())
    needs = [size.completes_exact * total / (populations[name] or math.nan) for name, size in by_domain.items()]
    return DomainSizes(
        by_domain,
        largest=max(by_domain, key=lambda name: by_domain[name].completes_exact),
        n_completes=sum(size.n_completes for size in by_domain.values()),
        n_invited=sum(size.n_invited for size in by_domain.values()),
        proportional_exact=math.nan if math.isnan(total) else max(needs),
    )


def yamane(population: float, margin: float, *, p: float = 0.5, under: Conditions | None = None) -> Yamane:
    """Yamane's (Slovin's) n for a population and a margin, and the margin that inviting n people really gives.

    Only to be shown beside a proper design. References: Yamane (1967), Statistics, 2nd ed., p. 886.
    """
    people = whole("population", population)
    exact = people / (1 + people * share("margin", margin) ** 2)
    under = replace(under or Conditions(), population=people)
    n = rounded_up(exact)
    answering = n * under.response_rate * under.eligibility_rate
    return Yamane(exact, n, margin_of_proportion(min(answering, people), p=p, under=under).margin)


def _proportion_exact(x: float, people: float) -> float:
    """The completes that x completes of an infinite population become; never more than the people."""
    return x if math.isinf(people) else people * x / (people - 1 + x)


def _se_of_proportion(p: float, n: float, under: Conditions) -> float:
    people = under.people
    left = 1.0 if math.isinf(people) else (people - n) / max(people - 1, 1)
    return math.sqrt(under.deff * p * (1 - p) * max(left, 0.0) / n)


def _se_of_mean(sd: float, n: float, under: Conditions) -> float:
    return math.sqrt(under.deff * sd**2 * max(1 - n / under.people, 0.0) / n)


def _completes(n: float, under: Conditions) -> float:
    """n as a number of completes, refused when there are not so many people."""
    if positive("n", n) > under.people:
        raise SamplingError("more_than_population", n=n, population=f"{under.people:g}")
    return float(n)


def _precision(n: float, se: float, level: float, under: Conditions) -> Precision:
    cv = se / abs(level) if level else math.nan
    return Precision(n, se, under.z * se, cv, under.z * cv)


def _target_se(aims: Mapping[str, float | None], level: float, z: float) -> float:
    """The standard error that the one aim allows."""
    given = [name for name, value in aims.items() if value is not None]
    if len(given) != 1:
        raise SamplingError("one_of", names=", ".join(aims), given=", ".join(given) or "–")
    (aim,) = given
    value = positive(aim, aims[aim])
    if aim in {"relative_margin", "cv"} and (math.isnan(level) or level == 0):
        raise SamplingError("mean_needed", aim=aim)
    return {
        "margin": value / z,
        "relative_margin": value * abs(level) / z,
        "cv": value * abs(level),
        "se": value,
    }[aim]


def _spread_and_level(
    sd: float | None, mean: float | None, unit_cv: float | None, aims: Mapping[str, float | None]
) -> tuple[float, float]:
    """Standard deviation and mean of the people; relative to the mean if only their ratio is known."""
    if (sd is None) == (unit_cv is None):
        raise SamplingError("one_of", names="sd, unit_cv", given="–" if sd is None else "sd, unit_cv")
    if unit_cv is None:
        return positive("sd", sd), math.nan if mean is None else finite("mean", mean)
    absolute = next((name for name in ("margin", "se") if aims[name] is not None), None)
    if absolute:
        raise SamplingError("sd_needed", aim=absolute)
    return positive("unit_cv", unit_cv), 1.0


def _sized(exact: float, under: Conditions, margin_at: Callable[[float], float]) -> SampleSize:
    """The one rounding, and what becomes of an aim that needs more people than will answer."""
    n_completes = rounded_up(exact)
    invited_exact = exact / (under.response_rate * under.eligibility_rate)
    listed = under.people / under.eligibility_rate
    n_invited = rounded_up(min(invited_exact, listed))
    return SampleSize(
        completes_exact=exact,
        n_completes=n_completes,
        invited_exact=invited_exact,
        n_invited=n_invited,
        margin=margin_at(min(n_completes, under.people * under.response_rate)),
        enough_people=invited_exact <= listed * (1 + NOISE),
    )
