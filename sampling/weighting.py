"""A recipe followed: from the design weights of a sample to the final weights of its respondents, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.calibration import Calibration
from sampling.disposition import weighting_outcomes
from sampling.door import Bools, Floats, positive
from sampling.faults import SamplingError
from sampling.margins import CROSSING, crossed_codes, level_text
from sampling.nonresponse import (
    Adjustment,
    Outcome,
    adjust_by_propensity,
    adjust_nonresponse,
    adjust_unknown_eligibility,
    propensity_classes,
)
from sampling.propensity import response_propensities
from sampling.recipe import (
    CalibrateStep,
    ClassStep,
    NonresponseMethod,
    NonresponseStep,
    OutcomeStep,
    Recipe,
    TrimStep,
)
from sampling.recipe_calibration import Columns, calibrated
from sampling.trimming import Trimming, TrimRule, trim, trim_bounds, trim_calibrated
from sampling.weights import design_weights, kish, with_factors


@dataclass(frozen=True, eq=False)
class Weighting:
    """What a recipe made of a sample.

    columns : (n rows) ``weighting_status`` (respondent, nonrespondent, ineligible, unknown), ``design_weight``, the
        factors of the steps, and the weights after them: ``adjusted_weight``, ``calibrated_weight``,
        ``trimmed_weight``. These are 0 for all but respondents; the status says why.
    steps : a row for each step: ``step, n, total, deff_w, min_factor, max_factor, largest_gap`` over the rows that
        keep a weight; the gap is NaN where a step has no controls.
    final_weight : the name of the last weight.
    classes : step -> its table of classes.
    calibration : the controls under the final weights.
    trimming : what trimming did, None without.
    """

    columns: pd.DataFrame
    steps: pd.DataFrame
    final_weight: str
    classes: Mapping[str, pd.DataFrame]
    calibration: Calibration | None
    trimming: Trimming | None


@dataclass
class _Course:
    """The weights on their way through the steps."""

    source: Columns
    status: npt.NDArray[np.object_]
    current: Floats
    columns: dict[str, npt.NDArray[np.generic]]
    steps: list[dict[str, object]] = field(default_factory=list)
    classes: dict[str, pd.DataFrame] = field(default_factory=dict)
    final: str = "design_weight"

    def rows(self, *outcomes: Outcome) -> Bools:
        return np.isin(self.status, outcomes)

    def note(self, step: str, kept: Bools, factors: Floats, gap: float = np.nan) -> None:
        """A row of the table of steps, over the rows that are kept."""
        column = self.current[kept]
        deff_w = kish(column).deff_w if column.min() > 0 else len(column) * float(column @ column) / column.sum() ** 2
        self.steps.append(
            {
                "step": step,
                "n": int(kept.sum()),
                "total": float(column.sum()),
                "deff_w": float(deff_w),
                "min_factor": float(factors[kept].min()),
                "max_factor": float(factors[kept].max()),
                "largest_gap": gap,
            }
        )


def follow(recipe: Recipe, source: Columns) -> Weighting:
    """The weights of a sample by a recipe. Refuses what any of its steps refuses."""
    course = _start(recipe, source)
    if recipe.eligibility:
        _eligibility(course, recipe.eligibility)
    elif course.rows(Outcome.UNKNOWN).any():
        raise SamplingError("unknown_left", rows=int(course.rows(Outcome.UNKNOWN).sum()))
    if recipe.nonresponse:
        _nonresponse(course, recipe.nonresponse)
    elif course.rows(Outcome.NONRESPONDENT).any():
        raise SamplingError("nonresponse_step_missing", rows=int(course.rows(Outcome.NONRESPONDENT).sum()))
    if recipe.outcome:
        respondents = course.rows(Outcome.RESPONDENT)
        _put(course, "adjusted_weight", course.current[respondents], respondents)
    calibration = _calibrated(course, recipe.calibrate) if recipe.calibrate else None
    trimming = _trimmed(course, recipe.trim, calibration) if recipe.trim else None
    if trimming is not None:
        calibration = trimming.calibration
    return Weighting(
        pd.DataFrame(course.columns),
        pd.DataFrame(course.steps),
        course.final,
        course.classes,
        calibration,
        trimming,
    )


def _start(recipe: Recipe, source: Columns) -> _Course:
    everyone = np.ones(source.count, dtype=np.bool_)
    status = np.full(source.count, Outcome.RESPONDENT.value, dtype=object)
    if recipe.outcome:
        status = _status(recipe.outcome, source.labels(recipe.outcome.column, everyone))
    if not (status == Outcome.RESPONDENT).any():
        raise SamplingError("no_respondents")
    design = recipe.design
    if design.column is not None:
        base = positive(source.numbers(design.column, everyone), design.column)
    else:
        stages = [source.numbers(name, everyone) for name in design.inclusion_probabilities]
        base = design_weights(np.column_stack(stages))
    factors = np.ones(source.count)
    for name in design.factors:
        factors *= positive(source.numbers(name, everyone), name)
    base = with_factors(base, factors)
    course = _Course(source, status, base, {"weighting_status": status, "design_weight": base.copy()})
    course.note("design", everyone, factors)
    return course


def _status(step: OutcomeStep, words: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    if step.aapor:
        return weighting_outcomes(words, mode=step.mode)
    known = {level_text(value): outcome.value for value, outcome in step.values.items()}
    codes, found = pd.factorize(words)
    texts = [level_text(word) for word in found]
    unknown = sorted(text for text in texts if text not in known)
    if unknown:
        raise SamplingError(
            "outcome_without_meaning", column=step.column, values=", ".join(unknown[:5]), known=", ".join(known)
        )
    return np.asarray([known[text] for text in texts], dtype=object)[codes]


def _eligibility(course: _Course, step: ClassStep) -> None:
    everyone = np.ones(course.source.count, dtype=np.bool_)
    classes = _class_labels(course.source, step.classes, everyone)
    made = adjust_unknown_eligibility(course.current, course.status, classes, rules=step.rules)
    _adjusted(course, "eligibility", made, ~course.rows(Outcome.UNKNOWN))


def _nonresponse(course: _Course, step: NonresponseStep) -> None:
    eligible = course.rows(Outcome.RESPONDENT, Outcome.NONRESPONDENT)
    if step.method is NonresponseMethod.CLASSES:
        classes = _class_labels(course.source, step.classes.classes, eligible)
        made = adjust_nonresponse(course.current, course.status, classes, rules=step.classes.rules)
    else:
        made = _by_model(course, step, eligible)
    _adjusted(course, "nonresponse", made, course.rows(Outcome.RESPONDENT))


def _by_model(course: _Course, step: NonresponseStep, eligible: Bools) -> Adjustment:
    """Nonresponse by the fitted propensity to answer, of eligible cases."""
    covariates = _covariates(course.source, step, eligible)
    fitted = response_propensities(
        covariates,
        course.status[eligible] == Outcome.RESPONDENT,
        design_weights=course.current[eligible] if step.weighted else None,
        categories=step.categories,
    )
    chances = np.ones(course.source.count)
    chances[eligible] = fitted.propensities
    rules = step.classes.rules
    if step.method is NonresponseMethod.PROPENSITY:
        return adjust_by_propensity(course.current, course.status, chances, max_factor=rules.max_factor)
    place = propensity_classes(chances, eligible, n_classes=step.n_classes)
    labels = np.asarray([f"p{k}" if k else "–" for k in place], dtype=object)
    return adjust_nonresponse(course.current, course.status, [labels], rules=rules)


def _covariates(source: Columns, step: NonresponseStep, eligible: Bools) -> pd.DataFrame:
    """Columns of categories as text, others as numbers."""
    columns: dict[str, npt.NDArray[np.generic]] = {}
    for name in step.covariates:
        read = source.labels if name in step.categories else source.numbers
        columns[name] = read(name, eligible)[eligible]
    return pd.DataFrame(columns)


def _adjusted(course: _Course, step: str, made: Adjustment, kept: Bools) -> None:
    course.current = made.adjusted_weights
    course.columns[f"{step}_factor"] = made.factors
    course.classes[step] = made.classes
    course.note(step, kept, made.factors)


def _calibrated(course: _Course, step: CalibrateStep) -> Calibration:
    """The weights of the respondents calibrated."""
    respondents = course.rows(Outcome.RESPONDENT)
    made = calibrated(step, course.source, respondents, course.current[respondents])
    _put(course, "calibrated_weight", made.calibrated_weights, respondents)
    course.note("calibrate", respondents, _whole(made.g, respondents), made.largest_gap)
    return made


def _trimmed(course: _Course, step: TrimStep, calibration: Calibration | None) -> Trimming:
    respondents = course.rows(Outcome.RESPONDENT)
    before = course.current[respondents]
    lower, upper = step.lower, step.upper
    if step.rule is not TrimRule.FIXED:
        lower, upper = trim_bounds(before, step.rule, step.factor)
    if calibration is not None:
        made = trim_calibrated(calibration, lower=lower, upper=upper)
    else:
        within = course.source.labels(step.within, respondents)[respondents] if step.within else None
        made = trim(before, lower=lower, upper=upper, within=within, sharing=step.sharing)
    _put(course, "trimmed_weight", made.trimmed_weights, respondents)
    gap = made.calibration.largest_gap if made.calibration else np.nan
    course.note("trim", respondents, _whole(made.trimmed_weights / before, respondents), gap)
    return made


def _put(course: _Course, name: str, column: Floats, rows: Bools) -> None:
    course.current = np.where(rows, _whole(column, rows), 0.0)
    course.columns[name] = course.current.copy()
    course.final = name


def _whole(column: Floats, rows: Bools) -> Floats:
    """A column of some rows as one of all rows, 1 elsewhere."""
    full = np.ones(len(rows))
    full[rows] = column
    return full


def _class_labels(source: Columns, levels: Sequence[Sequence[str]], rows: Bools) -> list[npt.NDArray[np.object_]]:
    """Labels of the classes at each level: columns crossed; no column is one class of all."""
    made = []
    for names in levels:
        if not names:
            made.append(np.full(source.count, "all", dtype=object))
            continue
        columns = {name: np.where(rows, source.labels(name, rows), "–") for name in names}
        codes, texts = crossed_codes(columns, CROSSING.join(names))
        made.append(np.asarray(texts, dtype=object)[codes])
    return made
