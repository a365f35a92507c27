"""A design as a file declares it: which columns hold weights, strata, units, population sizes; read with all faults.

The mapping comes from a YAML file (the application reads files)::

    weights: design_weight             # column; without it every row counts once
    strata: [region]                   # a column, or one for each stage ("-": none)
    psu: [commune, household]          # units of each stage; without them every row was drawn by itself
    fpc: [n_communes, n_households]    # units in the population of the stratum, or the fraction drawn
    nest: true                         # labels of units start anew in each stratum
    lonely_psu: fail                   # fail, certainty, adjust, average
    missing: 9                         # a code of the answers that means "no answer"
    calibrate:                         # as in a weighting recipe; the weights above are those before
      method: rake
      margins: {sex: {F: 3120, M: 3074}}
    replicates: {method: bootstrap, n: 500, seed: 20261015}
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from analysis.design import LonelyPsu
from analysis.faults import AnalysisError
from analysis.messages_design import DESIGN_TEXTS, FAULT_TEXTS
from sampling.faults import Texts
from sampling.recipe import Margins, Recipe, RecipeError, parse_recipe
from sampling.recipe_calibration import margin_columns
from sampling.recipe_reader import Fault, Section

NO_COLUMN = "-"
EVERY_ROW = "(1)"
"""Stands for the column of weights where there is none."""


class ReplicateMethod(StrEnum):
    """How replicates are made (:mod:`analysis.replicate_weights`)."""

    JK1 = "jk1"
    JKN = "jkn"
    BRR = "brr"
    FAY = "fay"
    BOOTSTRAP = "bootstrap"  # Rao, Wu
    CANTY_DAVISON = "canty-davison"


RANDOM = (ReplicateMethod.BOOTSTRAP, ReplicateMethod.CANTY_DAVISON)
USUAL_REPLICATES = 200
LARGEST_CODE = 10**9


@dataclass(frozen=True, slots=True)
class ReplicatePlan:
    """How errors are replicated. n, seed: of the bootstraps; rho: of Fay's method."""

    method: ReplicateMethod
    n: int = USUAL_REPLICATES
    seed: int | None = None
    rho: float = 0.0


@dataclass(frozen=True, slots=True)
class DesignPlan:
    """The columns of a design. Strata, psu and fpc have an entry for each stage, None where there is no column."""

    estimation_weights: str | None = None
    strata: tuple[str | None, ...] = ()
    psu: tuple[str | None, ...] = ()
    fpc: tuple[str | None, ...] = ()
    nest: bool = False
    lonely_psu: LonelyPsu = LonelyPsu.FAIL
    missing: int | None = None
    calibration: Recipe | None = None
    replicates: ReplicatePlan | None = None

    @property
    def is_plain(self) -> bool:
        """Nothing is declared of how rows were drawn or weighted."""
        return self.estimation_weights is None and self.calibration is None and not self.has_units

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the design is read from, each once."""
        names: list[str | None] = [self.estimation_weights, *self.strata, *self.psu, *self.fpc]
        if self.calibration is not None and self.calibration.calibrate is not None:
            names += [*margin_columns(self.calibration.calibrate), *self.calibration.calibrate.totals]
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def has_units(self) -> bool:
        """Strata, sampling units or population sizes are declared."""
        return bool(self.strata or self.psu or self.fpc)


class DesignFileError(AnalysisError):
    """A design file that cannot be followed; ``faults`` has every one with the path of its key."""

    texts: ClassVar[Texts] = DESIGN_TEXTS

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("design_faults", count=len(faults))

    def message(self, language: str = "vi") -> str:
        """All faults, a line for each: key path, what is wrong, what would be right."""
        place = 0 if language == "vi" else 1
        lines = [f"- {fault.path}: {FAULT_TEXTS[fault.code][place].format_map(fault.params)}" for fault in self.faults]
        return "\n".join([super().message(language), *lines])


class DesignFault(AnalysisError):
    """A design file that is no YAML, or a calibration that ends in negative weights."""

    texts: ClassVar[Texts] = DESIGN_TEXTS


def parse_design(raw: object, *, controls: Margins | None = None) -> DesignPlan:
    """The design in a mapping.

    controls : margins of the file that ``calibrate.controls`` names, read by the caller.

    Raises
    ------
    DesignFileError : every unknown key and wrong value, with the path of the key and what would be right.
    """
    faults: list[Fault] = []
    root = Section(raw, "", faults)
    base = root.text("weights", default=None)
    missing = root.number("missing", default=math.nan, least=-LARGEST_CODE, whole=True)
    rule = root.choice("lonely_psu", tuple(LonelyPsu), default=LonelyPsu.FAIL.value)
    plan = DesignPlan(
        estimation_weights=base,
        strata=_stages(root, "strata"),
        psu=_stages(root, "psu"),
        fpc=_stages(root, "fpc"),
        nest=root.truth("nest", default=False),
        lonely_psu=LonelyPsu(rule or LonelyPsu.FAIL),
        missing=None if math.isnan(missing) else int(missing),
        calibration=_calibration(root, raw, base or EVERY_ROW, controls),
        replicates=_replicates(root.optional("replicates")),
    )
    root.close()
    if faults:
        raise DesignFileError(faults)
    return plan


def _stages(root: Section, key: str) -> tuple[str | None, ...]:
    names = root.names(key)
    for name in {name for name in names if names.count(name) > 1 and name != NO_COLUMN}:
        root.fault(key, "column_twice", value=name)
    return tuple(None if name == NO_COLUMN else name for name in names)


def _calibration(root: Section, raw: Any, base: str, controls: Margins | None) -> Recipe | None:
    """A recipe of one step, read by the reader of recipes."""
    if root.optional("calibrate") is None:
        return None
    try:
        return parse_recipe({"design": {"column": base}, "calibrate": raw["calibrate"]}, controls=controls)
    except RecipeError as error:
        root.faults.extend(error.faults)
        return None


def _replicates(section: Section | None) -> ReplicatePlan | None:
    if section is None:
        return None
    method = ReplicateMethod(section.choice("method", tuple(ReplicateMethod)) or ReplicateMethod.JKN)
    n = int(section.number("n", default=USUAL_REPLICATES, least=2, whole=True))
    seed = section.number("seed", default=math.nan, least=0, whole=True)
    rho = section.number("rho", default=0.0, least=0.0)
    if method not in RANDOM:
        for key in ("n", "seed"):
            if section.has(key):
                section.fault(key, "not_for_method", method=method.value)
    if method is not ReplicateMethod.FAY and section.has("rho"):
        section.fault("rho", "not_for_method", method=method.value)
    if method is ReplicateMethod.FAY and not section.has("rho"):
        section.fault("rho", "missing_key")
    elif not 0 <= rho < 1:
        section.fault("rho", "rho_outside", value=rho)
    section.close()
    return ReplicatePlan(method, n, None if math.isnan(seed) else int(seed), rho)
