"""A weighting recipe: what is to be done to the weights of a sample, read from a mapping with all faults at once.

The mapping comes from a YAML file (the application reads files); text where numbers belong is read as numbers, so that
a reader that leaves scalars as they are written keeps the leading zeros of codes. The steps are done in the order in
which they stand here: design, eligibility, nonresponse, calibrate, trim. docs/statistics.md has an example.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sampling.disposition import Mode
from sampling.faults import SamplingError
from sampling.messages_recipe import RECIPE_TEXTS
from sampling.nonresponse import ClassRules, Outcome
from sampling.recipe_reader import Fault, Section
from sampling.trimming import Sharing, TrimRule

Margins = Mapping[str, Mapping[str, float]]


class NonresponseMethod(StrEnum):
    """How the weight of nonrespondents is shared out."""

    CLASSES = "classes"  # within classes of columns
    PROPENSITY_CLASSES = "propensity_classes"  # within classes of the fitted propensity to answer
    PROPENSITY = "propensity"  # respondents' weights over the fitted propensity


class CalibrationMethod(StrEnum):
    """How controls are reached."""

    POSTSTRATIFY = "poststratify"
    RAKE = "rake"
    LINEAR = "linear"
    RAKING = "raking"
    LOGIT = "logit"


BY_CELLS = (CalibrationMethod.POSTSTRATIFY, CalibrationMethod.RAKE)


@dataclass(frozen=True, slots=True)
class DesignStep:
    """A column of design weights, or columns of inclusion probabilities by stage; times columns of factors."""

    column: str | None
    inclusion_probabilities: tuple[str, ...]
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutcomeStep:
    """Which value of a column is which outcome, or that the column holds AAPOR codes."""

    column: str
    values: Mapping[str, Outcome]
    aapor: bool
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class ClassStep:
    """Columns whose crossing makes the classes, wider classes to collapse into, and when a class is too thin."""

    classes: tuple[tuple[str, ...], ...]
    rules: ClassRules


@dataclass(frozen=True, slots=True)
class NonresponseStep:
    """Classes of columns, or a model of the propensity to answer."""

    method: NonresponseMethod
    classes: ClassStep
    covariates: tuple[str, ...]
    categories: tuple[str, ...]
    weighted: bool
    n_classes: int


@dataclass(frozen=True, slots=True)
class CalibrateStep:
    """Controls and how they are reached."""

    method: CalibrationMethod
    margins: Margins
    totals: Mapping[str, float]
    population: float | None
    bounds: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class TrimStep:
    """Bounds of the weights, or the rule that finds them."""

    rule: TrimRule
    lower: float
    upper: float
    factor: float
    sharing: Sharing
    within: str | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is to be done, in this order; None: that step is left out."""

    title: str
    design: DesignStep
    outcome: OutcomeStep | None
    eligibility: ClassStep | None
    nonresponse: NonresponseStep | None
    calibrate: CalibrateStep | None
    trim: TrimStep | None
    sha256: str


class RecipeError(SamplingError):
    """A recipe cannot be followed; ``faults`` has every one with the path of its key."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("recipe_faults", count=len(faults))

    def message(self, language: str = "vi") -> str:
        """All faults, a line for each: key path, what is wrong, what would be right."""
        place = 0 if language == "vi" else 1
        lines = [f"- {fault.path}: {RECIPE_TEXTS[fault.code][place].format_map(fault.params)}" for fault in self.faults]
        return "\n".join([super().message(language), *lines])


def recipe_hash(raw: Mapping[str, Any], controls: Margins | None = None) -> str:
    """SHA-256 of what a recipe says, the controls of its file included; the order of keys does not matter."""
    said = {"recipe": raw, "controls": controls or {}}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def parse_recipe(raw: object, *, controls: Margins | None = None) -> Recipe:
    """The recipe in a mapping.

    controls : margins of the file that ``calibrate.controls`` names, read by the caller.

    Raises
    ------
    RecipeError : every unknown or missing key and wrong value, with the path of the key and what would be right.
    """
    faults: list[Fault] = []
    root = Section(raw, "", faults)
    recipe = Recipe(
        title=root.text("title", default="") or "",
        design=_design(root.section("design", required=True)),
        outcome=_outcome(root.optional("outcome")),
        eligibility=_optional_classes(root.optional("eligibility")),
        nonresponse=_nonresponse(root.optional("nonresponse")),
        calibrate=_calibrate(root.optional("calibrate"), controls),
        trim=_trim(root.optional("trim")),
        sha256=recipe_hash(raw, controls) if isinstance(raw, Mapping) else "",
    )
    root.close()
    for name in ("eligibility", "nonresponse"):
        if root.optional(name) is not None and recipe.outcome is None:
            faults.append(Fault(name, "needs_outcome", {}))
    if recipe.calibrate and recipe.trim:
        _trim_with_controls(root.section("trim"))
    if faults:
        raise RecipeError(faults)
    return recipe


def _trim_with_controls(section: Section) -> None:
    """Trimming that keeps the controls shares by them, within no other domain."""
    for key in ("sharing", "within"):
        if section.has(key):
            section.fault(key, "not_with_calibrate")


def _design(section: Section) -> DesignStep:
    column = section.text("column", default=None)
    probabilities = section.names("inclusion_probabilities")
    factors = section.names("factors")
    section.exactly_one("column", "inclusion_probabilities")
    section.close()
    return DesignStep(column, probabilities, factors)


def _outcome(section: Section | None) -> OutcomeStep | None:
    if section is None:
        return None
    column = section.text("column") or ""
    codes = section.choice("codes", ("aapor",), default=None)
    mode = section.choice("mode", tuple(Mode), default=None)
    values: dict[str, Outcome] = {}
    for outcome in Outcome:
        for value in section.names(outcome.value):
            if value in values:
                section.fault(outcome.value, "value_twice", value=value, other=values[value].value)
            values.setdefault(value, outcome)
    if not section.has("codes") and not any(outcome is Outcome.RESPONDENT for outcome in values.values()):
        section.fault("respondent", "missing_key")
    if codes is not None and values:
        section.fault("codes", "only_one_of", keys="codes, respondent, nonrespondent, ineligible, unknown")
    section.close()
    return OutcomeStep(column, values, codes is not None, Mode(mode) if mode else None)


def _class_step(section: Section) -> ClassStep:
    finest = section.names("classes")
    wider = section.lists("collapse")
    usual = ClassRules()
    rules = ClassRules(
        min_cases=int(section.number("min_cases", default=usual.min_cases, least=1, whole=True)),
        max_factor=section.number("max_factor", default=usual.max_factor, least=1),
    )
    if wider and not finest:
        section.fault("collapse", "collapse_needs_classes")
    return ClassStep(((finest,) if finest else ()) + wider, rules)


def _optional_classes(section: Section | None) -> ClassStep | None:
    if section is None:
        return None
    step = _class_step(section)
    section.close()
    return step


def _nonresponse(section: Section | None) -> NonresponseStep | None:
    if section is None:
        return None
    chosen = section.choice("method", tuple(NonresponseMethod), default=NonresponseMethod.CLASSES.value)
    method = NonresponseMethod(chosen or NonresponseMethod.CLASSES)
    modelled = method is not NonresponseMethod.CLASSES
    covariates, categories = section.names("covariates"), section.names("categories")
    if modelled and not covariates:
        section.fault("covariates", "missing_key")
    if not modelled and covariates:
        section.fault("covariates", "not_for_method", method=method.value)
    if modelled and (section.has("classes") or section.has("collapse")):
        section.fault("classes", "not_for_method", method=method.value)
    step = NonresponseStep(
        method=method,
        classes=_class_step(section),
        covariates=covariates,
        categories=categories,
        weighted=section.truth("weighted", default=False),
        n_classes=int(section.number("n_classes", default=5, least=2, whole=True)),
    )
    for name in categories:
        if name not in covariates:
            section.fault("categories", "not_among", value=name, known=", ".join(covariates))
    section.close()
    return step


def _calibrate(section: Section | None, controls: Margins | None) -> CalibrateStep | None:
    if section is None:
        return None
    chosen = section.choice("method", tuple(CalibrationMethod))
    method = CalibrationMethod(chosen or CalibrationMethod.RAKE)
    margins: Margins = section.tables("margins")
    named = section.text("controls", default=None)
    section.exactly_one("margins", "controls")
    if named is not None and controls is not None:
        margins = controls
    population = section.number("population", default=0.0, least=0.0) or None
    bounds = section.pair("bounds")
    totals = section.numbers("totals")
    if method in BY_CELLS:
        for key, given in (("bounds", bounds is not None), ("totals", bool(totals))):
            if given:
                section.fault(key, "not_for_method", method=method.value)
    if method is CalibrationMethod.LOGIT and bounds is None and not section.has("bounds"):
        section.fault("bounds", "missing_key")
    if method is CalibrationMethod.POSTSTRATIFY and len(margins) > 1:
        section.fault("margins", "one_margin", margins=", ".join(margins))
    section.close()
    return CalibrateStep(method, margins, totals, population, bounds)


def _trim(section: Section | None) -> TrimStep | None:
    if section is None:
        return None
    rule = TrimRule(section.choice("rule", tuple(TrimRule), default=TrimRule.FIXED.value) or TrimRule.FIXED)
    sharing = section.choice("sharing", tuple(Sharing), default=Sharing.PROPORTIONAL.value)
    fixed = rule is TrimRule.FIXED
    if fixed and not (section.has("lower") or section.has("upper")):
        section.fault("upper", "missing_key")
    if not fixed and not section.has("factor"):
        section.fault("factor", "missing_key")
    for key in ("factor",) if fixed else ("lower", "upper"):
        if section.has(key):
            section.fault(key, "not_for_method", method=rule.value)
    step = TrimStep(
        rule=rule,
        lower=section.number("lower", default=0.0, least=0.0),
        upper=section.number("upper", default=float("inf"), least=0.0),
        factor=section.number("factor", default=0.0, least=0.0),
        sharing=Sharing(sharing or Sharing.PROPORTIONAL),
        within=section.text("within", default=None),
    )
    section.close()
    return step
