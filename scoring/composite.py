"""Component values of units added up into totals, index, bands and ranks: PAPI, PAR INDEX and the like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.faults import Fault, TableError
from scoring.method import Basis, BlankRule, GivenAs, ScoringMethod
from scoring.rank_sets import with_rank_sets
from scoring.results import Scores, assumed_rules
from scoring.standing import with_standing
from scoring.values import Bools, Floats


@dataclass(frozen=True)
class ComponentPoints:
    """Points of the component criteria, (units, components); NaN where a component does not apply."""

    points: Floats
    se: Floats  # NaN where no standard error was given
    max_points: Floats  # (components,)
    lacking: Bools  # (units,) without a value that others of the block have, where that bars from the ranking


def component_points(method: ScoringMethod, components: pd.DataFrame | None, units: pd.DataFrame) -> ComponentPoints:
    """Component values turned into points.

    Parameters
    ----------
    components : ``unit, component, value`` and, if there are any, ``block`` and ``se``; one row per unit and component.
        A missing value does not apply to the unit, or is refused, as the method says.
    units : ``unit, block`` of the units that are scored.
    """
    leaves = method.components
    most = np.array([leaf.max_points or 0.0 for leaf in leaves])
    shape = (len(units), len(leaves))
    if components is None or not leaves:
        nothing = np.full(shape, np.nan)
        return ComponentPoints(nothing, nothing, most, np.zeros(len(units), dtype=np.bool_))
    values = _matrix(method, components, units, "value")
    errors = _matrix(method, components, units, "se") if "se" in components else np.full(shape, np.nan)
    faults = [*_blank_faults(method, values, units), *_range_faults(method, values, units)]
    if faults:
        raise TableError(faults)
    scale = np.array([(leaf.max_points or 0) / 100 if leaf.given_as is GivenAs.PERCENT else 1.0 for leaf in leaves])
    return ComponentPoints(values * scale, errors * scale, most, _lacking(method, values, units["block"]))


def _lacking(method: ScoringMethod, values: Floats, block: pd.Series) -> Bools:
    """Units without a component that another unit of their block has, if the method does not score such units."""
    if method.index.blank is not BlankRule.NOT_RANKED:
        return np.zeros(len(values), dtype=np.bool_)
    given = pd.DataFrame(~np.isnan(values)).groupby(block.to_numpy()).transform("any").to_numpy()
    lacking: Bools = np.asarray((given & np.isnan(values)).any(axis=1))
    return lacking


def _matrix(method: ScoringMethod, components: pd.DataFrame, units: pd.DataFrame, column: str) -> Floats:
    """One column of the component table as (units, components)."""
    keys = ["block", "unit"] if "block" in components else ["unit"]
    wide = components.pivot(index=keys, columns="component", values=column)
    names = [leaf.component for leaf in method.components]
    rows = pd.MultiIndex.from_frame(units[keys]) if len(keys) > 1 else pd.Index(units["unit"])
    matrix: Floats = wide.reindex(index=rows, columns=names).to_numpy(dtype=np.float64)
    return matrix


def _blank_faults(method: ScoringMethod, values: Floats, units: pd.DataFrame) -> Iterator[Fault]:
    if method.index.blank is BlankRule.REFUSE:
        for row, column in np.argwhere(np.isnan(values)):
            leaf, unit = method.components[column], units["unit"].iloc[row]
            yield Fault("components", "no_component", {"component": leaf.component, "unit": unit})


def _range_faults(method: ScoringMethod, values: Floats, units: pd.DataFrame) -> Iterator[Fault]:
    """Values below zero or above what the criterion can give."""
    for column, leaf in enumerate(method.components):
        high = 100.0 if leaf.given_as is GivenAs.PERCENT else (leaf.max_points or 0.0)
        for row in np.flatnonzero((values[:, column] < 0) | (values[:, column] > high)):
            place = f"components.{units['unit'].iloc[row]}.{leaf.component}"
            yield Fault(place, "out_of_range", {"value": values[row, column], "low": 0, "high": high})


def score_composite(method: ScoringMethod, components: pd.DataFrame) -> Scores:
    """Totals, index, bands and ranks of units from component values.

    Points are added up in the order of the file. The standard error is that of independent components; a
    component without one is taken as known, and without any there is none (NaN).

    Parameters
    ----------
    components : ``unit, component, value`` and, if there are any, ``block`` and ``se``; bonus and penalty points stand
        there as components too, under the names of the method's adjustments.
    """
    table = components if "block" in components else components.assign(block=_block_name(method))
    units = table[["unit", "block"]].drop_duplicates().sort_values(["block", "unit"]).reset_index(drop=True)
    parts = component_points(method, table, units)
    applies = ~np.isnan(parts.points)
    units["points"] = _sum_in_order(np.where(applies, parts.points, 0.0))
    units.loc[~applies.any(axis=1) | parts.lacking, "points"] = np.nan
    units["points_se"] = root_sum_of_squares(parts.se)
    units["max_points"] = (applies * parts.max_points).sum(axis=1)
    units["n"] = np.nan
    reasons = ["nothing_scored", "component_missing"]
    units["reason"] = np.select([~applies.any(axis=1), parts.lacking], reasons, "")
    scores = Scores(
        method_id=method.id,
        method_version=method.version,
        digits=method.rounding.digits,
        by_unit=with_standing(method, units, table),
        by_criterion=component_rows(method, parts, units),
        by_group=pd.DataFrame(),
        assumed_rules=assumed_rules(_rules_used(method, table)),
    )
    return with_rank_sets(scores)


def _block_name(method: ScoringMethod) -> str:
    return next(iter(method.ranking.blocks), "")


def _sum_in_order(points: Floats) -> Floats:
    """Row sums taken strictly from left to right."""
    return np.cumsum(points, axis=1)[:, -1] if points.shape[1] else np.zeros(len(points))


def root_sum_of_squares(errors: Floats) -> Floats:
    """Standard error of a sum of independent parts (rows,); NaN where no part has one."""
    known = ~np.isnan(errors)
    total = np.sqrt(np.where(known, errors, 0.0) ** 2 @ np.ones(errors.shape[1]))
    return np.where(known.any(axis=1), total, np.nan)


def component_rows(method: ScoringMethod, parts: ComponentPoints, units: pd.DataFrame) -> pd.DataFrame:
    """The component criteria in the shape of ``Scores.by_criterion``."""
    frames = []
    for column, leaf in enumerate(method.components):
        points, applies = parts.points[:, column], ~np.isnan(parts.points[:, column])
        frame = units[["block", "unit"]].assign(criterion=leaf.code, n=np.nan, points=points)
        frame["points_se"] = parts.se[:, column]
        frame["max_points"] = np.where(applies, parts.max_points[column], np.nan)
        frame["value"], frame["se"] = frame["points"] / frame["max_points"], frame["points_se"] / frame["max_points"]
        frame["rule"] = np.where(applies, "component", "not_applicable")
        frames.append(frame)
    if not frames:
        return pd.DataFrame()
    order = {leaf.code: place for place, leaf in enumerate(method.leaves)}
    rows = pd.concat(frames, ignore_index=True)
    return rows.sort_values(["block", "unit", "criterion"], key=lambda c: c.map(order) if c.name == "criterion" else c)


def _rules_used(method: ScoringMethod, components: pd.DataFrame) -> Iterator[tuple[str, Basis]]:
    yield from common_rules(method)
    adjustments = method.adjustments
    if adjustments is not None and components["component"].isin([*adjustments.bonus, *adjustments.penalty]).any():
        yield "adjustments", adjustments.basis


def common_rules(method: ScoringMethod) -> Iterator[tuple[str, Basis]]:
    """The rules that take part in every score: points, index, rounding, bands, ranks."""
    for place, criterion in enumerate(method.criteria):
        for leaf in criterion.leaves:
            yield f"criteria[{place}] {leaf.code}", leaf.basis
    yield "index", method.index.basis
    yield "rounding", method.rounding.basis
    yield "ranking", method.ranking.basis
    if method.bands is not None:
        yield "bands", method.bands.basis
