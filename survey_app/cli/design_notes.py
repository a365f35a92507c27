"""A file with its design, as commands read it, and what there is to know of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.design import LonelyPsu, SurveyDesign
from analysis.design_plan import DesignPlan
from survey_app.cli import estimate_words as words
from survey_app.cli.estimate_data import Condition, SurveyFile, design_of
from survey_app.cli.tabular import text
from survey_app.tables import read_table


@dataclass(frozen=True)
class Sample:
    """The rows of a file, their design, and which of them are asked about (None: all)."""

    file: SurveyFile
    plan: DesignPlan
    design: SurveyDesign
    conditions: tuple[Condition, ...]
    where: Any

    def notes(self, lang: str) -> Iterator[str]:
        """What there is to know of the design, and of rows that a blank cell leaves out."""
        yield from design_notes(self.plan, self.design, lang)
        if self.conditions and (blank := n_blank(self.file, [condition.column for condition in self.conditions])):
            yield text(words.NOTES["blank_condition"], lang, n=blank)


def read_sample(path: Path, plan: DesignPlan, conditions: tuple[Condition, ...] = ()) -> Sample:
    """The sample in a file."""
    file = SurveyFile(path, read_table(path))
    return Sample(file, plan, design_of(file, plan), conditions, file.where(conditions))


def design_notes(
    plan: DesignPlan, design: SurveyDesign, lang: str, *, n_rows: int | None = None, n_zero: int | None = None
) -> Iterator[str]:
    """What a plan declares and leaves out, in sentences.

    n_rows, n_zero : rows, and those of weight zero, where the design stands for rows that were added up before.
    """
    first = design.clusters.stages[0]
    if plan.is_plain:
        yield text(words.NOTES["no_design"], lang)
    elif plan.estimation_weights is None:
        yield text(words.NOTES["no_weights"], lang)
    if plan.has_units:
        sizes = {
            "rows": design.n_rows if n_rows is None else n_rows,
            "units": len(first.stratum),
            "strata": len(first.drawn),
        }
        yield text(words.NOTES["design"], lang, **sizes, df=design.degrees_of_freedom)
    elif not plan.is_plain:
        yield text(words.NOTES["no_units"], lang)
    if out := int((design.estimation_weights == 0).sum()) if n_zero is None else n_zero:
        yield text(words.NOTES["zero_rows"], lang, n=out)
    if plan.lonely_psu is not LonelyPsu.FAIL and (lonely := int((first.drawn == 1).sum())):
        yield text(words.NOTES["lonely"], lang, n=lonely, rule=plan.lonely_psu.value)
    if design.calibration is not None:
        yield text(words.NOTES["calibrated"], lang, n=len(design.calibration.totals))


def n_blank(file: SurveyFile, columns: Sequence[str]) -> int:
    """Rows that are blank in any of the columns."""
    return int(np.any([file.blank(name) for name in columns], axis=0).sum())
