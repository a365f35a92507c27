"""Whether the rules of a method agree with each other, and with the questionnaires that feed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isclose, isfinite

from instruments.model import Instrument
from scoring.faults import Fault
from scoring.method import Band, Counts, Criterion, Kind, OtherLists, ScoringMethod
from scoring.values import Item, items_of

SUM_TOLERANCE = 1e-9


def rule_faults(method: ScoringMethod) -> list[Fault]:
    """Contradictions between the rules of a method, by path; rules that could not be read are passed over."""
    faults = [*_point_faults(method.criteria, "criteria"), *_code_faults(method), *_bounds_faults(method)]
    if not method.criteria:
        faults.append(Fault("criteria", "empty"))
    if method.group_weights is not None:
        faults += _share_faults(method)
    if method.parts is not None:
        faults += _part_faults(method)
    if method.bands is not None:
        faults += _band_faults(method.bands.bands)
    return faults


def _point_faults(criteria: tuple[Criterion, ...], path: str) -> Iterator[Fault]:
    """Children whose points do not sum to those of their parent."""
    for place, criterion in enumerate(criteria):
        here = f"{path}[{place}]"
        points = [child.max_points for child in criterion.children if child.max_points is not None]
        if points and criterion.max_points is not None:
            total = sum(points)
            if isfinite(total) and not isclose(total, criterion.max_points, abs_tol=SUM_TOLERANCE):
                params = {"max_points": criterion.max_points, "total": total}
                yield Fault(f"{here}.max_points", "points_sum", params)
        yield from _point_faults(criterion.children, f"{here}.children")


def _paths(criteria: tuple[Criterion, ...], path: str) -> Iterator[tuple[str, Criterion]]:
    """Every criterion of the tree with its path."""
    for place, criterion in enumerate(criteria):
        yield f"{path}[{place}]", criterion
        yield from _paths(criterion.children, f"{path}[{place}].children")


def _code_faults(method: ScoringMethod) -> Iterator[Fault]:
    """Codes and names that are used twice."""
    nodes = list(_paths(method.criteria, "criteria"))
    yield from _twice([(f"{path}.code", node.code) for path, node in nodes])
    yield from _twice([(f"{path}.component", node.component) for path, node in nodes if node.component])
    tables = [(f"percent_tables[{i}].list_name", t.list_name) for i, t in enumerate(method.percent_tables)]
    yield from _twice(tables)


def _twice(named: list[tuple[str, str]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield Fault(path, "duplicate", {"value": name})
        seen.add(name)


def _bounds_faults(method: ScoringMethod) -> Iterator[Fault]:
    """Names that point at nothing."""
    if method.answers is not None:
        scale = method.answers.file_scale
        if scale and scale not in method.fractions:
            params = {"value": scale, "known": ", ".join(method.fractions)}
            yield Fault("answers.file_scale", "unknown_scale", params)


def _share_faults(method: ScoringMethod) -> Iterator[Fault]:
    """Group weights that do not sum to 1, are missing, or belong to no criterion."""
    assert method.group_weights is not None  # noqa: S101
    path = "group_weights.by_criterion"
    given = method.group_weights.by_criterion
    known = [criterion.code for criterion in method.scored]
    for code in known:
        if code and code not in given:
            yield Fault(path, "leaf_without_shares", {"criterion": code})
    for code, shares in given.items():
        if code not in known:
            yield Fault(path, "unknown_criterion", {"value": code, "known": ", ".join(known)})
        yield from _sum_fault(f"{path}.{code}", shares)


def _sum_fault(path: str, shares: Mapping[str, float]) -> Iterator[Fault]:
    total = sum(shares.values())
    if shares and isfinite(total) and not isclose(total, 1, abs_tol=SUM_TOLERANCE):
        yield Fault(path, "shares_sum", {"total": round(total, 12), "difference": f"{1 - total:+.6g}"})


def _part_faults(method: ScoringMethod) -> Iterator[Fault]:
    """Component weights of the parts that do not sum to 1 or name no part."""
    assert method.parts is not None  # noqa: S101
    path, known = "parts.component_weights", [part.code for part in method.criteria]
    for code in known:
        if code not in method.parts.component_weights:
            yield Fault(path, "leaf_without_shares", {"criterion": code})
    for code in method.parts.component_weights:
        if code not in known:
            yield Fault(path, "unknown_criterion", {"value": code, "known": ", ".join(known)})
    yield from _sum_fault(path, method.parts.component_weights)


def _band_faults(bands: tuple[Band, ...]) -> Iterator[Fault]:
    """Bands that do not cover 0..100 exactly once."""
    path = "bands.from_best"
    if not bands:
        yield Fault(path, "empty")
        return
    yield from _twice([(f"{path}[{i}].code", band.code) for i, band in enumerate(bands)])
    edges = [(100.0, 100.0), *((band.low, band.high) for band in bands), (0.0, 0.0)]
    for (upper_low, _), (lower_low, lower_high) in pairwise(edges):
        if lower_high < upper_low:
            yield Fault(path, "band_gap", {"low": lower_high, "high": upper_low})
        if lower_high > upper_low or lower_low > lower_high:
            yield Fault(path, "band_overlap", {"low": upper_low, "high": lower_high})


def check_fed(method: ScoringMethod, instruments: Mapping[str, Instrument]) -> tuple[Fault, ...]:
    """What keeps the questionnaires from feeding a method: by path, empty if nothing does.

    Every leaf criterion is asked of each group that has weight there, no group is asked without having weight,
    and the answers of every choice list can be turned into fractions.

    Parameters
    ----------
    method : ScoringMethod
    instruments : mapping of respondent group to its questionnaire
    """
    groups = [group for group in method.respondent_groups if group in instruments]
    items = {group: items_of(instruments[group], group, method) for group in groups}
    faults = [*_no_instrument(method, instruments)]
    for path, criterion in _paths(method.criteria, "criteria"):
        if not criterion.children and criterion.code in {leaf.code for leaf in method.rated}:
            faults += _feed_faults(method, criterion, path, items)
    for item in (item for group in groups for item in items[group]):
        faults += _scale_faults(method, item)
    return tuple({fault.text(): fault for fault in faults}.values())


def _no_instrument(method: ScoringMethod, instruments: Mapping[str, Instrument]) -> Iterator[Fault]:
    for group in method.respondent_groups:
        if group not in instruments:
            yield Fault("group_weights", "no_instrument", {"group": group})


def _feed_faults(
    method: ScoringMethod, leaf: Criterion, path: str, items: Mapping[str, tuple[Item, ...]]
) -> Iterator[Fault]:
    """Groups with weight and no question on a leaf criterion, and groups with a question and no weight."""
    group_weights = shares_of_leaf(method, leaf)
    for group, asked in items.items():
        feeding = [item.question for item in asked if item.criterion == leaf.code]
        if group_weights.get(group, 0) > 0 and not feeding:
            yield Fault(path, "not_fed", {"group": group, "criterion": leaf.code})
        if feeding and group not in group_weights:  # an explicit 0 is a decision: asked, shown, not counted
            yield Fault(path, "asked_without_share", {"group": group, "question": feeding[0]})


def shares_of_leaf(method: ScoringMethod, leaf: Criterion) -> Mapping[str, float]:
    """Group weights that apply to a leaf criterion: its own; in SIPAS those of its part."""
    if method.group_weights is None:
        return {}
    code = leaf.code
    if method.kind is Kind.SIPAS:
        code = next(part.code for part in method.criteria if leaf in tuple(part.leaves))
    return method.group_weights.by_criterion.get(code, {})


def _scale_faults(method: ScoringMethod, item: Item) -> Iterator[Fault]:
    """Choice lists whose answers have no value."""
    table = method.fractions.get(item.list_name)
    facts: dict[str, object] = {"list_name": item.list_name, "question": item.question, "group": item.respondent_group}
    if table is not None:
        for choice in item.levels:
            if choice not in table.fractions:
                place = method.percent_tables.index(table)
                yield Fault(f"percent_tables[{place}].fractions", "table_lacks_choice", facts | {"choice": choice})
    elif method.answers is not None and method.answers.other_lists is OtherLists.REFUSE:
        yield Fault("percent_tables", "no_percent_table", facts)
    counted = method.satisfaction
    if counted is not None and counted.counts is Counts.TOP_LEVELS and len(item.levels) not in counted.top_levels:
        yield Fault("satisfaction.top_levels", "no_top_levels", facts | {"levels": len(item.levels)})
