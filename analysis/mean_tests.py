"""Do means differ between groups: t tests of pairs, and Wald tests of all groups together.

A difference of two domain means has the error of the design, with all covariances: people of one sampling unit may
stand in both groups. Degrees of freedom are those of the units with answers in the groups compared, less one for each
group beyond the first.

References: Lumley (2010), Complex Surveys, s. 2.4, 5.2; Korn, Graubard (1990), Am. Stat. 44, 270-276. Agrees with R
survey 4.1.1: svyttest, regTermTest of svyglm(y ~ factor(group)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.comparison import Adjustment, adjusted_p, quadratic_form
from analysis.design import SurveyDesign
from analysis.domain_covariance import DomainErrors, domain_errors
from analysis.estimate import means
from analysis.faults import AnalysisError
from analysis.options import Options
from analysis.results import ROUNDING_NOISE, Estimates, Key

CANCELLED = 1e-12
"""A variance of a difference below this share of its terms is rounding: both means move as one."""


@dataclass(frozen=True)
class PairTest:
    """The difference of the means of two groups: first less second."""

    item: str
    by: str
    first: Any
    second: Any
    difference: float
    se: float
    low: float
    high: float
    t: float
    df: float
    p: float


@dataclass(frozen=True)
class MeansTest:
    """Whether the means of G groups are all equal: F with ``df1`` = G - 1 and ``df2`` degrees of freedom."""

    item: str
    by: str
    groups: tuple[Any, ...]
    f: float
    df1: float
    df2: float
    p: float


def pair_tests(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str],
    by: str,
    *,
    pairs: Sequence[tuple[Any, Any]] | None = None,
    where: Any = None,
    options: Options | None = None,
) -> list[PairTest]:
    """t tests of the difference between two groups' means, for each item and each pair of groups.

    Parameters
    ----------
    items : numeric columns. A pair whose groups both answered the item is tested.
    by : the column of groups. ``pairs`` names those to compare; none: all pairs.

    Raises
    ------
    AnalysisError : ``one_group``; ``test_without_df`` where the answers lie in two sampling units or fewer;
        ``singular_test`` for a difference without any error; a group that is not there.
    """
    found = _means(design, frame, items, by, where=where, options=options)
    tests = []
    for place in range(len(found.items)):
        present = _present(found, place, by)
        chosen = list(combinations(present, 2)) if pairs is None else [_places(found, by, pair) for pair in pairs]
        errors = domain_errors(found, place)
        tests += [_pair(found, errors, by, (first, place), (second, place)) for first, second in chosen]
    return tests


def equal_means_tests(
    design: SurveyDesign,
    frame: pd.DataFrame,
    items: Sequence[str],
    by: str,
    *,
    where: Any = None,
    options: Options | None = None,
) -> list[MeansTest]:
    """The Wald test that all groups have the same mean, for each item; the rest as for :func:`pair_tests`."""
    found = _means(design, frame, items, by, where=where, options=options)
    return [_equal(found, item, place, by) for place, item in enumerate(found.items)]


def pair_table(tests: Sequence[PairTest], adjustment: Adjustment = Adjustment.HOLM) -> pd.DataFrame:
    """One row for each test, with ``p_adjusted`` over all of them."""
    table = pd.DataFrame([_record(test) for test in tests])
    return table.assign(p_adjusted=adjusted_p(table["p"], adjustment))


def means_table(tests: Sequence[MeansTest], adjustment: Adjustment = Adjustment.HOLM) -> pd.DataFrame:
    """One row for each item, with ``p_adjusted`` over all of them."""
    rows = [{**_record(test), "groups": len(test.groups)} for test in tests]
    table = pd.DataFrame(rows)
    return table.assign(p_adjusted=adjusted_p(table["p"], adjustment))


def _record(test: PairTest | MeansTest) -> dict[str, Any]:
    return {name: getattr(test, name) for name in test.__dataclass_fields__}


def _means(
    design: SurveyDesign, frame: pd.DataFrame, items: Sequence[str], by: str, *, where: Any, options: Options | None
) -> Estimates:
    if by in items:
        raise AnalysisError("same_column", column=by)
    given = options or Options()
    kept = Options(level=given.level, covariances=True, missing=given.missing)
    return means(design, frame, items, by=[by], where=where, options=kept)


def _present(found: Estimates, place: int, by: str) -> list[int]:
    """The groups that answered an item."""
    groups = [int(group) for group in np.flatnonzero(found.n[:, place] > 0)]
    if len(groups) < 2:
        names = ", ".join(str(found.domains[by].iloc[group]) for group in groups)
        raise AnalysisError("one_group", item=found.items[place], column=by, count=len(groups), groups=names)
    return groups


def _places(found: Estimates, by: str, pair: tuple[Any, Any]) -> tuple[int, int]:
    known = list(found.domains[by])
    for value in pair:
        if value not in known:
            raise AnalysisError("unknown_contrast", name=value, known=", ".join(map(str, known)))
    return known.index(pair[0]), known.index(pair[1])


def _pair(found: Estimates, errors: DomainErrors, by: str, first: Key, second: Key) -> PairTest:
    item, (a, b) = found.items[first[1]], (first[0], second[0])
    one, other = (found.domains[by].iloc[group] for group in (a, b))
    means = found.estimate[[a, b], first[1]]
    if np.isnan(means).any():
        answered = one if np.isnan(means[1]) else other
        raise AnalysisError("one_group", item=item, column=by, count=1, groups=answered)
    df = float(errors.pair_df[a, b]) - 1
    if df < 1:
        raise AnalysisError("test_without_df", item=item, column=by, df=int(df) + 1, needed=2)
    own = errors.covariance[a, a] + errors.covariance[b, b]
    variance = own - 2 * errors.covariance[a, b]
    if not variance > CANCELLED * own or not np.sqrt(variance) > ROUNDING_NOISE * np.abs(means).max():
        raise AnalysisError("singular_test", item=item, column=by)
    difference, se = float(means[0] - means[1]), float(np.sqrt(variance))
    reach = float(stats.t.ppf(0.5 + found.level / 2, df)) * se
    p = float(2 * stats.t.sf(abs(difference / se), df))
    return PairTest(
        item, by, one, other, difference, se, difference - reach, difference + reach, difference / se, df, p
    )


def _equal(found: Estimates, item: str, place: int, by: str) -> MeansTest:
    groups = _present(found, place, by)
    errors, df1 = domain_errors(found, place), len(groups) - 1
    joint = errors.df
    if joint - df1 < 1:
        raise AnalysisError("test_without_df", item=item, column=by, df=int(joint), needed=df1 + 1)
    differences = np.eye(len(groups))[1:] - np.eye(len(groups))[0]
    gap = differences @ found.estimate[groups, place]
    f = (
        quadratic_form(gap, differences @ errors.covariance[np.ix_(groups, groups)] @ differences.T, item=item, by=by)
        / df1
    )
    names = tuple(found.domains[by].iloc[group] for group in groups)
    return MeansTest(item, by, names, f, float(df1), joint - df1, float(stats.f.sf(f, df1, joint - df1)))
