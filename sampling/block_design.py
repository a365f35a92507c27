"""What a design of booklets is worth: who can be compared with whom, and how precisely.

Model: a rating = harshness of its rater + level of its unit + error, the errors independent with one variance σ².
Raters are the blocks of the textbook, units its treatments. Variances are in units of σ²: multiply by the variance of
a rating about its rater's and its unit's level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from sampling.faults import SamplingError

Incidence = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Components:
    """Units that can be compared, directly or through others: two units of different components cannot."""

    n: int
    of_unit: Counts  # the component of each unit, 0 for that of the first unit

    @property
    def connected(self) -> bool:
        """Whether any two units can be compared."""
        return self.n <= 1


@dataclass(frozen=True, slots=True)
class DesignProperties:
    """A design in figures. Counted in booklets, or in raters where the raters of each booklet were given."""

    n_units: int
    n_booklets: int
    size: tuple[int, int]  # units in a booklet: fewest, most
    replication: tuple[int, int]  # booklets (raters) that hold a unit: fewest, most
    concurrence: tuple[int, int]  # booklets (raters) that hold both of two units: fewest, most
    n_components: int
    efficiency: float  # A-efficiency, 0..1; 0: not connected
    efficiency_bound: float  # no design of this size does better
    mean_difference_variance: float  # of the difference of two units, over all pairs, in σ²; infinite: not connected
    largest_difference_variance: float

    @property
    def connected(self) -> bool:
        """Whether any two units can be compared."""
        return self.n_components <= 1

    @property
    def balanced(self) -> bool:
        """Equal sizes, replications and concurrences: every difference is known equally well."""
        return all(low == high for low, high in (self.size, self.replication, self.concurrence))

    @property
    def relative_efficiency(self) -> float:
        """Efficiency as a fraction of its upper bound; 0 where nothing can be compared."""
        return self.efficiency / self.efficiency_bound if self.efficiency_bound > 0 else 0.0


def incidence_of(booklets: Sequence[Sequence[int]], n_units: int) -> Incidence:
    """The matrix units x booklets, true where the booklet holds the unit; booklets: positions of their units."""
    found = np.zeros((n_units, len(booklets)), dtype=bool)
    for number, held in enumerate(booklets):
        found[list(held), number] = True
    return found


def concurrences(incidence: npt.ArrayLike, raters: npt.ArrayLike | None = None) -> Counts:
    """How many booklets (or raters) hold both of two units; on the diagonal, how many hold the unit.

    Parameters
    ----------
    incidence : array, units x booklets
        1 or true where the booklet holds the unit.
    raters : array of length booklets, optional
        People who rate each booklet. Without it every booklet counts once.

    Returns
    -------
    array, units x units
        With raters, this is the overlap of the sets of raters of two units.

    Raises
    ------
    SamplingError
        ``incidence_not_binary``, ``raters_not_counts``.
    """
    held, people = _checked(incidence, raters)
    counts = held.astype(np.int64)
    return np.asarray((counts * people) @ counts.T)


def information_matrix(incidence: npt.ArrayLike, raters: npt.ArrayLike | None = None) -> Floats:
    """The information on unit levels after the raters' harshness was taken out, in 1/σ².

    ``C = diag(r) - N diag(m / k) N'`` with N the incidence, m the raters of each booklet, k its size, r the ratings
    of each unit. Parameters and errors as in :func:`concurrences`.

    References
    ----------
    John, J. A. and Williams, E. R. (1995), Cyclic and Computer Generated Designs, 2nd ed., ch. 1-2.
    """
    held, people = _checked(incidence, raters)
    counts = held.astype(float)
    sizes = counts.sum(axis=0)
    per_place = np.divide(people, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
    return np.asarray(np.diag(counts @ people) - (counts * per_place) @ counts.T)


def difference_variances(incidence: npt.ArrayLike, raters: npt.ArrayLike | None = None) -> Floats:
    """The variance of the least-squares difference of any two units, in σ².

    Returns
    -------
    array, units x units
        0 on the diagonal; infinite where no chain of raters leads from one unit to the other.

    Notes
    -----
    Raters are fixed effects: what the raters' means tell about units is left out, so that a rater's harshness never
    counts for or against the units he or she was given. Other parameters and errors as in :func:`concurrences`.
    """
    held, people = _checked(incidence, raters)
    components = connected_components(held & (people > 0))
    found = np.full((len(held), len(held)), np.inf)
    information = information_matrix(held, people)
    for component in range(components.n):
        inside = np.flatnonzero(components.of_unit == component)
        part = information[np.ix_(inside, inside)]
        # C + J/n has the inverse C⁺ + J/n on a connected set, and J cancels in differences
        inverse = np.linalg.inv(part + 1 / len(inside))
        spread = np.diag(inverse)
        found[np.ix_(inside, inside)] = spread[:, None] + spread[None, :] - 2 * inverse
    np.fill_diagonal(found, 0)
    return found


def connected_components(incidence: npt.ArrayLike | sparse.spmatrix | sparse.sparray) -> Components:
    """Which units can be compared: those that a chain of common booklets or raters joins.

    Parameters
    ----------
    incidence : array or scipy sparse matrix, units x booklets (or units x raters)
        Not zero where the booklet holds the unit, or where the rater rated it. A sparse matrix may have millions of
        raters. A unit that nobody rates is a component of its own.

    Raises
    ------
    SamplingError
        ``incidence_not_binary``: not a matrix, no units, or a value that is neither 0 nor 1 (dense input).
    """
    ends = sparse.coo_array(incidence if sparse.issparse(incidence) else _checked(incidence, None)[0])
    n_units, n_raters = ends.shape
    used = ends.data != 0
    edges = (np.ones(used.sum(), dtype=np.int8), (ends.coords[0][used], ends.coords[1][used] + n_units))
    graph = sparse.coo_array(edges, shape=(n_units + n_raters, n_units + n_raters))
    labels = csgraph.connected_components(graph.tocsr(), directed=False)[1][:n_units]
    _values, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbered = np.argsort(np.argsort(first))[inverse]
    return Components(len(first), numbered.astype(np.int64))


def incidence_of_ratings(units: npt.ArrayLike, raters: npt.ArrayLike, *, n_units: int) -> sparse.csr_array:
    """Sparse units x raters from the long table of ratings: for each rating, the positions of its unit and its rater.

    Raises
    ------
    SamplingError
        ``rating_out_of_range``, ``ratings_not_paired``.
    """
    unit, rater = np.asarray(units), np.asarray(raters)
    if unit.shape != rater.shape or unit.ndim != 1:
        raise SamplingError("ratings_not_paired", units=unit.shape, raters=rater.shape)
    for values, most in ((unit, n_units - 1), (rater, np.iinfo(np.int64).max)):
        wrong = (values < 0) | (values > most) | (values != np.floor(values))
        if wrong.any():
            place = int(wrong.argmax())
            raise SamplingError("rating_out_of_range", place=place, value=values[place], most=most)
    ones = np.ones(len(unit), dtype=bool)
    n_raters = int(rater.max(initial=-1)) + 1
    return sparse.csr_array((ones, (unit, rater)), shape=(n_units, n_raters))


def efficiency_bound(n_units: int, n_booklets: int, size: int) -> float:
    """What the A-efficiency of a design cannot pass, equal sizes and replications that differ by at most one.

    Returns
    -------
    float
        0 to 1; 1 for complete booklets, 0 where so few booklets cannot connect so many units.

    Notes
    -----
    The least of: the arithmetic mean of the efficiency factors (reached by balanced designs); with fewer booklets
    than units the same for the booklets, since differences within none of them lose nothing (units - booklets factors
    are 1); and, where all units stand in the same number of booklets, the bounds from the least possible sum of
    squares of the factors. The sharper bounds by sums of cubes, valid for regular-graph designs only, are left out.

    References
    ----------
    John, J. A. and Williams, E. R. (1995), Cyclic and Computer Generated Designs, 2nd ed., s. 2.8.
    """
    low, n_high = divmod(n_booklets * size, n_units)
    ratings = np.full(n_units, float(low))
    ratings[:n_high] += 1
    bound = _mean_bound(ratings, n_booklets * (size - 1.0), n_booklets, size)
    if n_high or low == 0 or n_units < 2:
        return bound
    if n_units <= n_booklets:
        return min(bound, _spread_bound(n_units, low, size))
    dual = _spread_bound(n_booklets, size, low)
    loss = (n_booklets - 1) / dual if dual > 0 else np.inf
    return min(bound, float((n_units - 1) / (n_units - n_booklets + loss)))


def design_properties(incidence: npt.ArrayLike, raters: npt.ArrayLike | None = None) -> DesignProperties:
    """The figures of a design: balance, connection, efficiency, precision of differences.

    Parameters
    ----------
    incidence : array, units x booklets
        1 or true where the booklet holds the unit.
    raters : array of length booklets, optional
        People who rate each booklet. With them the figures are counted in raters and the variances are those of the
        whole sample; without, every booklet is rated once.

    Returns
    -------
    DesignProperties
        The A-efficiency compares the mean variance of a difference with 2 / (mean ratings of a unit), that of complete
        booklets with as many ratings; for equal replication it is the harmonic mean of the canonical efficiency
        factors. A single unit leaves nothing to compare: efficiency 1, variances 0.

    Raises
    ------
    SamplingError
        ``incidence_not_binary``, ``raters_not_counts``.

    References
    ----------
    John, J. A. and Williams, E. R. (1995), Cyclic and Computer Generated Designs, 2nd ed., s. 2.2-2.8.
    """
    held, people = _checked(incidence, raters)
    together = concurrences(held, people)
    ratings = np.diag(together)
    pairs = np.triu_indices(len(held), 1)
    sizes = held.sum(axis=0)
    variances = difference_variances(held, people)[pairs]
    mean = float(variances.mean()) if len(variances) else 0.0
    orthogonal = 2 / ratings.mean() if ratings.any() else np.inf
    return DesignProperties(
        n_units=len(held),
        n_booklets=held.shape[1],
        size=_range(sizes),
        replication=_range(ratings),
        concurrence=_range(together[pairs]) if len(variances) else (0, 0),
        n_components=connected_components(held & (people > 0)).n,
        efficiency=0.0 if np.isinf(mean) else float(orthogonal / mean) if mean else 1.0,
        efficiency_bound=_bound_of(held, people),
        mean_difference_variance=mean,
        largest_difference_variance=float(variances.max()) if len(variances) else 0.0,
    )


def _bound_of(held: Incidence, people: Counts) -> float:
    """The bound by the design's parameters if it is a regular one, else that by its own ratings per unit."""
    sizes, ratings = held.sum(axis=0), held @ people
    once = held.sum(axis=1)
    if np.ptp(sizes) == 0 and np.ptp(people) == 0 and np.ptp(once) <= 1 and sizes[0] and people[0]:
        return efficiency_bound(len(held), held.shape[1], int(sizes[0]))
    used = people > 0
    size = int(sizes[used][0]) if used.any() and np.ptp(sizes[used]) == 0 else 0
    return _mean_bound(ratings.astype(float), float(people @ np.maximum(sizes - 1, 0)), int(used.sum()), size)


def _mean_bound(ratings: Floats, trace: float, n_booklets: int, size: int) -> float:
    """From traces: of the information on units and, if sizes are equal, of that on booklets.

    The sum of the inverse roots, which the bound minimises, is that of a centre weighted by ratings less what this
    centre differs from the plain one; the difference is at most ``uneven`` times the largest inverse root.
    """
    n = len(ratings) - 1
    if n == 0:
        return 1.0
    if trace <= 0 or not ratings.all():
        return 0.0
    inverse = n**2 / trace
    if size and size < len(ratings):
        slack = n_booklets * size - n - 1
        if slack <= 0:
            return 0.0
        between = (size * (n_booklets - 1) ** 2 / slack - (n_booklets - 1)) / ratings.max()
        uneven = float(ratings.var() / ratings.mean() ** 2)
        others = float((1 / np.sort(ratings)[2:]).sum())
        centred = float((1 / ratings).sum() - 1 / ratings.mean()) + between
        inverse = max(inverse, (centred + uneven * others) / (1 + uneven))
    return float(min(n / (ratings.mean() * inverse), 1.0))


def _spread_bound(v: int, r: int, k: int) -> float:
    """Upper bound of the harmonic mean of v - 1 factors with known mean, least sum of squares and maximum 1."""
    n, mean = v - 1, v * (k - 1) / (k * (v - 1)) if v > 1 else 1.0
    part = (r * (k - 1) / n) % 1 if n else 0.0
    squares = v * n * part * (1 - part) / (r * k) ** 2
    if n < 2 or squares == 0:
        return mean
    step = float(np.sqrt(squares / (n * (n - 1))))
    one_high = mean - (n - 1) * step**2 / (mean + (n - 2) * step)
    room = (1 - mean) * n - squares
    some_at_one = mean - (1 - mean) * squares / room if room > 0 else mean
    return max(min(one_high, some_at_one), 0.0)


def _range(counts: Counts) -> tuple[int, int]:
    return (int(counts.min()), int(counts.max())) if counts.size else (0, 0)


def _checked(incidence: Any, raters: Any) -> tuple[Incidence, Counts]:
    """The matrix as booleans and the raters of each booklet, or a refusal."""
    held = np.asarray(incidence)
    if held.ndim != 2 or not held.size:
        raise SamplingError("incidence_not_binary", found=f"shape {held.shape}")
    if held.dtype != bool:
        wrong = ~np.isin(held, (0, 1))
        if wrong.any():
            row, column = (int(place) for place in np.argwhere(wrong)[0])
            raise SamplingError("incidence_not_binary", found=f"[{row}, {column}] = {held[row, column]!r}")
    people = np.ones(held.shape[1]) if raters is None else np.asarray(raters)
    if (
        people.shape != (held.shape[1],)
        or people.dtype.kind not in "iuf"
        or not (np.isfinite(people) & (people >= 0) & (people == np.floor(people))).all()
    ):
        raise SamplingError("raters_not_counts", n=held.shape[1], found=np.array2string(people, threshold=8))
    return held.astype(bool), people.astype(np.int64)
