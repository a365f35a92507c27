"""What is to be drawn from a frame: how many of whom, by which method, and how many wait as replacements."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from sampling import allocation
from sampling.faults import SamplingError
from sampling.frame import canonical_order
from sampling.multistage import Stage
from sampling.plans import DrawPlan
from sampling.selection import ORDERED, UNEQUAL, Method
from sampling.strata import strata_of
from sampling.waves import WavePlan
from survey_app.models.base import Facts
from survey_app.services.frames import public_frame

CENSUS, TWO_STAGE = "census", "two-stage"
EQUAL = (Method.SRS, Method.SYSTEMATIC)
METHODS = (*map(str, EQUAL), TWO_STAGE, CENSUS, *(method.value for method in Method if method not in EQUAL))
MOST_SEED = 10**12


class Element(StrEnum):
    """What has a chance of its own."""

    PERSON = "person"  # each person once in each unit, whatever the number of their files
    ROW = "row"  # each row; a person with several files has several chances, and the weights say so


class DrawRefused(ValueError):
    """The draw cannot be made as it was asked for: ``code`` and ``params`` say why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code, self.params = code, params
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class DrawSpec:
    """What somebody asked to be drawn."""

    method: str
    seed: int
    total: int | None = None  # of a draw without strata
    sizes: Mapping[str, int] = field(default_factory=dict)  # unit -> people to ask first; 0: the unit is left out
    element: Element = Element.PERSON
    size_column: str | None = None  # measure of size of unequal probabilities
    per_cluster: int | None = None  # people in each first-stage unit of a draw in two stages
    reserve_pct: int = 0  # replacements, in per cent of those asked first
    waves: int = 1
    not_before: date | None = None  # rows with an earlier transaction are left out
    sample_plan_id: int | None = None

    def as_params(self) -> Facts:
        """As a job and the row of the draw keep it; :func:`spec_from` reads it."""
        return {
            "method": self.method,
            "seed": self.seed,
            "total": self.total,
            "sizes": dict(self.sizes),
            "element": str(self.element),
            "size_column": self.size_column,
            "per_cluster": self.per_cluster,
            "reserve_pct": self.reserve_pct,
            "waves": self.waves,
            "not_before": self.not_before.isoformat() if self.not_before else None,
            "sample_plan_id": self.sample_plan_id,
        }


def spec_from(params: Mapping[str, Any]) -> DrawSpec:
    """The spec that :meth:`DrawSpec.as_params` wrote."""
    day = params["not_before"]
    given = {**params, "element": Element(params["element"]), "not_before": date.fromisoformat(day) if day else None}
    return DrawSpec(**{name: given[name] for name in DrawSpec.__slots__})


@dataclass(frozen=True, slots=True)
class Stratum:
    """One line of the preview: what the frame has, what is wanted, what it will be."""

    code: str
    population: int  # people, or rows where those are drawn
    clusters: int
    wanted: int
    first: int
    reserve: int

    @property
    def lacking(self) -> int:
        """People who are wanted and not there."""
        return max(0, self.wanted - self.first)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A frame as the draw will read it, and the plan of the draw."""

    public: pd.DataFrame  # as :func:`survey_app.services.frames.public_frame`
    places: np.ndarray  # of its rows in the rows of the frame
    plan: DrawPlan
    waves: WavePlan
    strata: tuple[Stratum, ...]
    left_out: Mapping[str, int]  # why rows take no part -> how many


def pooled(rows: pd.DataFrame, spec: DrawSpec) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows that take part: recent ones, of the units that are asked, one for each person in a unit if so wanted.

    Of the rows of a person in a unit the latest stays; of one day the first by number.
    """
    found, left_out = rows, {}
    if spec.not_before is not None:
        kept = (rows["on"] == "") | (rows["on"] >= spec.not_before.isoformat())
        found, left_out["stale"] = rows[kept], int((~kept).sum())
    if spec.sizes:
        asked = found["unit_code"].map(spec.sizes).fillna(0) > 0
        left_out["unit_left_out"] = int((~asked).sum())
        found = found[asked]
    if spec.element is Element.PERSON:
        by_number = found.iloc[canonical_order(found["ref"])]
        latest = by_number.sort_values("on", ascending=False, kind="stable")
        once = latest.drop_duplicates(["person", "unit_code"]).sort_index()
        left_out["same_person"] = len(found) - len(once)
        found = once
    if found.empty:
        raise DrawRefused("nobody_left")
    return found, {reason: n for reason, n in left_out.items() if n}


def prepare(rows: pd.DataFrame, spec: DrawSpec) -> Prepared:
    """The frame and the plan of a draw; nothing is drawn yet.

    :raise DrawRefused: what was asked does not fit the frame.
    """
    kept, left_out = pooled(rows, spec)
    public = public_frame(kept)
    if spec.element is Element.PERSON:
        public = public.drop(columns="person")
    _require(public, spec)
    strata = _strata(public, spec)
    plan, waves = _plans(public, spec, strata)
    return Prepared(public, kept.index.to_numpy(), plan, waves, strata, left_out)


def _require(public: pd.DataFrame, spec: DrawSpec) -> None:
    if spec.method not in METHODS:
        raise DrawRefused("method_unknown", method=spec.method)
    if spec.sizes and "unit_code" not in public:
        raise DrawRefused("no_units")
    if spec.method == TWO_STAGE and ("cluster" not in public or not spec.per_cluster):
        raise DrawRefused("no_clusters" if "cluster" not in public else "no_per_cluster")
    if _unequal(spec) and (spec.size_column or "") not in public:
        raise DrawRefused("no_size")
    if spec.method == Method.CUBE and not _balancing(public):
        raise DrawRefused("no_balance")
    if spec.method != CENSUS and not spec.sizes and not spec.total:
        raise DrawRefused("no_number")


def _unequal(spec: DrawSpec) -> bool:
    return spec.method in {method.value for method in UNEQUAL}


def _balancing(public: pd.DataFrame) -> tuple[str, ...]:
    return tuple(name for name in ("adults", "size") if name in public)


def _strata(public: pd.DataFrame, spec: DrawSpec) -> tuple[Stratum, ...]:
    """What there is and what is drawn, by unit, or for the whole frame as one stratum without a code."""
    labels = public["unit_code"] if spec.sizes else pd.Series("", index=public.index)
    clusters = public.get("cluster", labels)
    grouped = pd.DataFrame({"label": labels, "cluster": clusters}).groupby("label")["cluster"]
    n_people = {str(label): int(n) for label, n in grouped.size().items()}
    n_clusters = {str(label): int(n) for label, n in grouped.nunique().items()}
    codes = sorted(code for code, n in spec.sizes.items() if n > 0) if spec.sizes else [""]
    return tuple(
        _stratum(code, n_people[code], n_clusters[code], spec)
        if code in n_people
        else Stratum(code, 0, 0, spec.sizes[code], 0, 0)
        for code in codes
    )


def _stratum(code: str, population: int, clusters: int, spec: DrawSpec) -> Stratum:
    wanted = population if spec.method == CENSUS else spec.sizes[code] if spec.sizes else spec.total or 0
    first = min(wanted, population)
    reserve = math.ceil(first * spec.reserve_pct / 100)
    if spec.method == TWO_STAGE:  # as many people in each first-stage unit
        n_clusters = _n_clusters(first, clusters, spec)
        first = min(population, n_clusters * (spec.per_cluster or 1))
        reserve = n_clusters * _reserve_in_cluster(spec)
    return Stratum(code, population, clusters, wanted, first, min(reserve, population - first))


def _n_clusters(people: int, clusters: int, spec: DrawSpec) -> int:
    return min(clusters, math.ceil(people / (spec.per_cluster or 1)))


def _reserve_in_cluster(spec: DrawSpec) -> int:
    return math.ceil((spec.per_cluster or 1) * spec.reserve_pct / 100)


def _plans(public: pd.DataFrame, spec: DrawSpec, strata: tuple[Stratum, ...]) -> tuple[DrawPlan, WavePlan]:
    there = [stratum for stratum in strata if stratum.population]
    if spec.method == TWO_STAGE:
        return _two_stages(spec, there)
    by = ("unit_code",) if spec.sizes else ()
    n_drawn = {stratum.code: stratum.first + stratum.reserve for stratum in there}
    first = {stratum.code: stratum.first for stratum in there}
    method = Method.SRS if spec.method == CENSUS else Method(spec.method)
    plan = DrawPlan(
        id="ref",
        method=method,
        n=None if by else n_drawn[""],
        strata=by,
        sizes=n_drawn if by else None,
        size=spec.size_column if _unequal(spec) else None,
        balance=_balancing(public) if method is Method.CUBE else (),
        sort=("cluster",) if method in ORDERED and "cluster" in public else (),
        multiplicity_key="person" if spec.element is Element.ROW else None,
    )
    return plan, WavePlan(first if by else first[""], spec.waves, by)


def _two_stages(spec: DrawSpec, strata: list[Stratum]) -> tuple[DrawPlan, WavePlan]:
    """First-stage units by the number of their people, then as many people in each."""
    people = spec.per_cluster or 1
    n_clusters = {s.code: _n_clusters(min(s.wanted, s.population), s.clusters, spec) for s in strata}
    by = ("unit_code",) if spec.sizes else ()
    first = Stage(
        unit="cluster",
        method=Method.PPS_SYSTEMATIC,
        n=None if by else n_clusters[""],
        sizes=n_clusters if by else None,
        strata=by,
    )
    second = Stage(unit="ref", method=Method.SRS, n=people + _reserve_in_cluster(spec), take_all_if_fewer=True)
    key = "person" if spec.element is Element.ROW else None
    return DrawPlan(id="ref", stages=(first, second), multiplicity_key=key), WavePlan(people, spec.waves, ("cluster",))


def shared_out(population: Mapping[str, int], total: int, at_least: int) -> dict[str, int]:
    """So many people shared among units in proportion to their people, each unit keeping a minimum.

    :raise DrawRefused: the total is below the minimum of all units, or above what the frame has.
    """
    names = sorted(population)
    people = [population[name] for name in names]
    least = [min(max(1, at_least), n) for n in people]
    try:
        found = allocation.proportional(strata_of(names, people, minimum=least), total)
    except SamplingError as error:
        raise DrawRefused(error.code, **error.params) from error
    return dict(zip(names, found.n.tolist(), strict=True))
