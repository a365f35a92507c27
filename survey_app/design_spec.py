"""What a sample design is asked for, and what came out: values that are stored as they were decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from sampling.allocation import Method
from sampling.communes import VarianceRule


class Coverage(StrEnum):
    SAMPLE = "sample"
    CENSUS = "census"  # everybody is invited


class SizeBy(StrEnum):
    MARGINS = "margins"  # as many as the margins need
    TOTAL = "total"
    BUDGET = "budget"


class Stages(StrEnum):
    ONE = "one"  # people are drawn directly
    TWO = "two"  # thôn or offices first, then people in them


class DesignRefused(ValueError):
    """A design that cannot be had as asked: which ``field`` of the spec, and why (``code``, ``params``)."""

    def __init__(self, code: str, field: str = "", **params: object) -> None:
        self.code, self.field, self.params = code, field, params
        super().__init__(f"{field}: {code} {params}")


@dataclass(frozen=True, slots=True)
class Stratum:
    """A unit, or a part of one, whose people are sampled by themselves. None: as the spec says for all."""

    code: str
    name: str
    population: int
    thon: int | None = None  # first-stage units that it has
    p: float | None = None
    sd: float | None = None
    cost: float | None = None  # of one completed ballot


@dataclass(frozen=True, slots=True)
class ModeCost:
    """A way of answering: the price of a completed ballot, and the share of the ballots that come this way."""

    mode: str
    cost: float
    share: float


@dataclass(frozen=True, slots=True)
class DesignSpec:
    """What is asked of a design. Shares and margins are fractions; with ``sd`` margins are in its units.

    ``thon_per_unit`` and ``take``: first-stage units drawn in each unit and ballots in each of them; where the margins
    decide, the least of the first and the most of the second.
    """

    strata: tuple[Stratum, ...]
    coverage: Coverage = Coverage.SAMPLE
    size_by: SizeBy = SizeBy.TOTAL
    confidence: float = 0.95
    margin: float | None = None
    unit_margin: float | None = None
    total: int | None = None
    budget: float | None = None
    p: float = 0.5
    sd: float | None = None
    deff: float = 1.0
    response_rate: float = 1.0
    dont_know: float = 0.0  # share of those who answer that have no opinion: they add nothing to what is known
    minimum: int = 2
    method: Method = Method.EQUAL
    exponent: float = 0.5
    stages: Stages = Stages.ONE
    icc: float = 0.05
    thon_in_unit: int | None = None
    thon_per_unit: int | None = None
    take: float | None = None
    variance: VarianceRule = VarianceRule.OWN
    cost_thon: float = 0.0
    modes: tuple[ModeCost, ...] = ()
    power: float = 0.8

    @property
    def of_means(self) -> bool:
        """Whether a mean is to be known, not a share."""
        return self.sd is not None

    @property
    def people(self) -> int:
        """The population of all strata."""
        return sum(stratum.population for stratum in self.strata)

    @property
    def informative(self) -> float:
        """The share of the ballots that tell something."""
        return 1 - self.dont_know

    @property
    def cost_per_ballot(self) -> float | None:
        """The price of a completed ballot over all ways of answering, None where no price is known."""
        return sum(mode.cost * mode.share for mode in self.modes) if self.modes else None

    @property
    def priced(self) -> bool:
        """Whether every ballot has a price."""
        return bool(self.modes) or all(stratum.cost is not None for stratum in self.strata)


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What a stratum gets, and what that will tell of it. None: cannot be told, or does not apply.

    ``df``: degrees of freedom of its margin, where first-stage units are drawn. ``detectable``: the difference to
    another unit of the same design that is found with the power of the spec.
    """

    code: str
    name: str
    population: int
    completes: int
    invite: int
    thon: int | None
    take: float | None
    df: float | None
    margin: float | None
    detectable: float | None
    cost: float | None
    reached: bool | None  # whether its margin is, where one is asked


@dataclass(frozen=True, slots=True)
class Yamane:
    """Yamane's number beside the size that the same margin needs, both for one figure of the whole population."""

    margin: float  # that both aim at
    n: int
    margin_reached: float  # by inviting Yamane's n, under the conditions of the spec
    proper_completes: int
    proper_invite: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know of a design: a code with its facts, put into words where it is shown."""

    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DesignResult:
    """A design worked out."""

    units: tuple[UnitFigures, ...]
    total: int
    invite: int
    n_thon: int | None
    allocation: str
    margin: float | None
    df: float | None
    deff: float
    cost: float | None
    yamane: Yamane | None
    notes: tuple[Note, ...]


def spec_facts(spec: DesignSpec) -> dict[str, Any]:
    """The spec as it is stored."""
    return asdict(spec)


def spec_of(facts: Mapping[str, Any]) -> DesignSpec:
    """The spec that was stored."""
    given = _known(DesignSpec, facts)
    return DesignSpec(
        **{
            **given,
            "strata": tuple(Stratum(**_known(Stratum, row)) for row in facts["strata"]),
            "modes": tuple(ModeCost(**_known(ModeCost, row)) for row in facts["modes"]),
            "coverage": Coverage(facts["coverage"]),
            "size_by": SizeBy(facts["size_by"]),
            "stages": Stages(facts["stages"]),
            "method": Method(facts["method"]),
            "variance": VarianceRule(facts["variance"]),
        }
    )


def outcome_facts(result: DesignResult, spec: DesignSpec) -> dict[str, Any]:
    """The outcome as it is stored: first what frames and draws read, then every figure that was shown."""
    strata = [
        {"code": unit.code, "population": unit.population, "completes": unit.completes, "invite": unit.invite}
        for unit in result.units
    ]
    return {
        "total": result.total,
        "strata": strata,
        "allocation": result.allocation,
        "deff": result.deff,
        "response_rate": spec.response_rate,
        "figures": asdict(result),
    }


def result_of(outcome: Mapping[str, Any]) -> DesignResult:
    """The figures that were stored."""
    facts = outcome["figures"]
    return DesignResult(
        **{
            **_known(DesignResult, facts),
            "units": tuple(UnitFigures(**_known(UnitFigures, row)) for row in facts["units"]),
            "yamane": Yamane(**facts["yamane"]) if facts["yamane"] else None,
            "notes": tuple(Note(**note) for note in facts["notes"]),
        }
    )


def _known(kind: type[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: facts[field.name] for field in fields(kind) if field.name in facts}
