"""Selection within a list and within strata: one menu of methods, the generator an argument.

Every method takes the units in the order given (only systematic draws care) and gives a sample of fixed size with its
inclusion probabilities. Joint inclusion probabilities: :mod:`sampling.joint`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from sampling.balanced import cube
from sampling.entropy import maximum_entropy, sampford
from sampling.faults import SamplingError
from sampling.frame import Labels, codes_of
from sampling.inclusion import Floats, Positions, checked_n, inclusion_probabilities
from sampling.joint import joint_maximum_entropy, joint_sampford, joint_simple, joint_systematic, joint_tille
from sampling.unequal import brewer, randomised_systematic, systematic, tille


class Method(StrEnum):
    """How units are drawn."""

    SRS = "srs"  # simple random, without replacement
    SYSTEMATIC = "systematic"  # every N/n-th from a random start
    PPS_SYSTEMATIC = "pps-systematic"
    PPS_RANDOM_SYSTEMATIC = "pps-random-systematic"  # in random order
    SAMPFORD = "sampford"
    BREWER = "brewer"
    TILLE = "tille"
    MAXENT = "maxent"
    CUBE = "cube"  # with equal probabilities where no size is given


ORDERED = {Method.SYSTEMATIC, Method.PPS_SYSTEMATIC}  # the order of the list decides what can be drawn together
UNEQUAL: Mapping[Method, Callable[[Floats, np.random.Generator], Positions]] = {
    Method.PPS_SYSTEMATIC: systematic,
    Method.PPS_RANDOM_SYSTEMATIC: randomised_systematic,
    Method.SAMPFORD: sampford,
    Method.BREWER: brewer,
    Method.TILLE: tille,
    Method.MAXENT: maximum_entropy,
}
NO_JOINT = {Method.BREWER, Method.PPS_RANDOM_SYSTEMATIC, Method.CUBE}


@dataclass(frozen=True, slots=True)
class Selected:
    """Positions drawn (ascending), and the inclusion probability of each."""

    positions: Positions
    probabilities: Floats


@dataclass(frozen=True, slots=True)
class Auxiliaries:
    """What is known of every unit of the list before the draw."""

    sizes: Floats | None = None  # measure of size, above 0
    balancing: Floats | None = None  # units x balancing variables

    def of(self, positions: Positions) -> Auxiliaries:
        """The same for some of the units."""
        return Auxiliaries(
            None if self.sizes is None else self.sizes[positions],
            None if self.balancing is None else self.balancing[positions],
        )


def simple(n_units: int, n: int, rng: np.random.Generator) -> Positions:
    """Simple random sample without replacement: n of the positions 0 .. n_units - 1, ascending."""
    return np.sort(rng.choice(n_units, size=checked_n(n, n_units), replace=False, shuffle=False))


def systematic_equal(n_units: int, n: int, rng: np.random.Generator) -> Positions:
    """Every N/n-th unit from a random start, also where N/n is no whole number; n units, each with probability n/N."""
    n = checked_n(n, n_units)
    points = (rng.random() + np.arange(n)) * (n_units / n)
    return np.minimum(points.astype(np.int64), n_units - 1)


def select(
    method: Method, n_units: int, n: int, rng: np.random.Generator, *, known: Auxiliaries | None = None
) -> Selected:
    """Draw n of a list of units by a method.

    Parameters
    ----------
    method : see :class:`Method`
    n_units, n : units in the list, in its order; units to draw
    rng : the generator
    known : sizes for the methods with unequal probabilities (required there, refused for srs and systematic); balancing
        variables for the cube (where sizes are optional)

    Raises
    ------
    SamplingError : sizes or balancing variables that the method needs are missing or that it would pass over; n is not
        between 1 and n_units; a size is not positive; what the method refuses. Never another method instead.
    """
    found = known or Auxiliaries()
    n = checked_n(n, n_units)
    _refuse_misfits(method, found)
    if method in (Method.SRS, Method.SYSTEMATIC):
        drawn = (simple if method is Method.SRS else systematic_equal)(n_units, n, rng)
        return Selected(drawn, np.full(n, n / n_units))
    equal = np.full(n_units, n / n_units)
    probabilities = equal if found.sizes is None else inclusion_probabilities(found.sizes, n)
    if method is Method.CUBE:
        drawn = cube(_balancing(found), probabilities, rng).positions
    else:
        drawn = UNEQUAL[method](probabilities, rng)
    return Selected(drawn, probabilities[drawn])


def _balancing(known: Auxiliaries) -> Floats:
    if known.balancing is None:
        raise SamplingError("cube_needs_balance")
    return known.balancing


def _refuse_misfits(method: Method, known: Auxiliaries) -> None:
    if method in UNEQUAL and known.sizes is None:
        raise SamplingError("method_needs_size", method=method)
    if method not in UNEQUAL and method is not Method.CUBE and known.sizes is not None:
        raise SamplingError("method_without_size", method=method)
    if method is not Method.CUBE and known.balancing is not None:
        raise SamplingError("method_without_balance", method=method)


def select_by_stratum(
    method: Method,
    strata: Labels,
    sizes: Mapping[str, int],
    rng: np.random.Generator,
    *,
    known: Auxiliaries | None = None,
    report: Callable[[int], None] | None = None,
) -> Selected:
    """Draw independently within strata; a stratum whose size is the number of its units is taken completely.

    Parameters
    ----------
    strata : stratum of each unit of the list; within a stratum the order of the list holds
    sizes : stratum -> number to draw, 1 .. number of units; for all strata of the list and no other
    method, rng, known : as :func:`select`. Strata are drawn in canonical order of their labels.
    report : called with the number of units of each stratum that is done

    Raises
    ------
    SamplingError : a stratum of the list without a size (or 0: its people would have no chance), a size for a stratum
        that the list does not have, a size above the number of units; all named. What :func:`select` refuses.
    """
    everything = known or Auxiliaries()
    codes, labels = codes_of(strata)
    _refuse_sizes(labels, np.bincount(codes), sizes)
    by_stratum = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    positions, probabilities = [], []
    for label, members in zip(labels, by_stratum, strict=True):
        try:
            drawn = select(method, len(members), sizes[label], rng, known=everything.of(members))
        except SamplingError as error:
            said = {"vi": error.message("vi"), "en": error.message("en")}
            raise SamplingError("in_stratum", stratum=label, **said) from error
        positions.append(members[drawn.positions])
        probabilities.append(drawn.probabilities)
        if report is not None:
            report(len(members))
    return in_order(np.concatenate(positions), np.concatenate(probabilities))


def _refuse_sizes(labels: list[str], n_units: Positions, sizes: Mapping[str, int]) -> None:
    without = [label for label in labels if label not in sizes]
    if without:
        raise SamplingError("stratum_without_size", stratum=without[0], strata=len(without))
    strange = sorted(set(sizes) - set(labels))
    if strange:
        raise SamplingError("stratum_not_in_frame", stratum=strange[0], strata=len(strange))
    for label, available in zip(labels, n_units.tolist(), strict=True):
        if sizes[label] < 1:
            raise SamplingError("stratum_size_zero", stratum=label, n=sizes[label], units=available)
        if sizes[label] > available:
            raise SamplingError("stratum_too_small", stratum=label, n=sizes[label], units=available)


def in_order(positions: Positions, probabilities: Floats) -> Selected:
    """The same selection by ascending position."""
    order = np.argsort(positions, kind="stable")
    return Selected(positions[order], probabilities[order])


def joint_probabilities(method: Method, probabilities: Floats, at: Positions | None = None) -> Floats:
    """Joint inclusion probabilities of a method's draw of fixed size from one list.

    Parameters
    ----------
    method : srs and systematic take their probabilities n/N like the others
    probabilities : of all units of the list, in the order of the draw
    at : positions of the units wanted (default: all)

    Raises
    ------
    SamplingError : Brewer's draw, the randomised systematic draw and the cube have none that can be written down: use
        :func:`sampling.joint.deville`, or :func:`sampling.joint.joint_hajek` as an approximation
    """
    if method in NO_JOINT:
        raise SamplingError("no_joint", method=method)
    if method is Method.SRS:
        return joint_simple(len(probabilities), round(float(np.sum(probabilities))), None if at is None else len(at))
    return {
        Method.SYSTEMATIC: joint_systematic,
        Method.PPS_SYSTEMATIC: joint_systematic,
        Method.SAMPFORD: joint_sampford,
        Method.TILLE: joint_tille,
        Method.MAXENT: joint_maximum_entropy,
    }[method](probabilities, at)


def drawn_by_stratum(strata: Labels, selected: Selected) -> pd.DataFrame:
    """Units, units drawn, and the range and sum of the design weights, by stratum in canonical order.

    Columns: stratum, units, drawn, take_all, least_weight, greatest_weight, sum_of_weights.
    """
    codes, labels = codes_of(strata)
    design_weight = 1 / selected.probabilities
    drawn = pd.DataFrame({"code": codes[selected.positions], "design_weight": design_weight})
    found = drawn.groupby("code")["design_weight"].agg(["size", "min", "max", "sum"]).reindex(range(len(labels)))
    certain = drawn[selected.probabilities == 1].groupby("code").size().reindex(range(len(labels)), fill_value=0)
    return pd.DataFrame(
        {
            "stratum": labels,
            "units": np.bincount(codes),
            "drawn": found["size"].fillna(0).astype(np.int64),
            "take_all": certain.astype(np.int64),
            "least_weight": found["min"],
            "greatest_weight": found["max"],
            "sum_of_weights": found["sum"],
        }
    )
