"""Replicate weights that came with a file, as options of ``survey estimate``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from analysis.design import SurveyDesign
from analysis.design_plan import DesignPlan
from analysis.faults import AnalysisError
from analysis.replicates import Replicates, given_replicates
from analysis.sums import Floats
from survey_app.cli.design_options import Command, with_options
from survey_app.cli.estimate_data import SurveyFile
from survey_app.cli.tabular import Words, text
from survey_app.table_faults import TableFileError
from survey_app.table_text import tidy

OPTIONS = ("replicate_weights", "replicate_scale", "replicate_rscales", "replicate_mse")
NEEDS_WEIGHTS = "--replicate-weights needs the weights themselves: --weights, or weights in the design file"
NEEDS_SCALE = "--replicate-weights needs --replicate-scale, which the makers of the weights tell (jackknife: (R-1)/R)"
ONLY_WITH = "{given}: only with --replicate-weights"
NOT_TWICE = "--replicate-weights are replicates already; leave out --replicates, or replicates in the design file"
USED: Words = (
    "Sai số từ {n} quyền số lặp có sẵn trong tệp ({first} … {last}), scale {scale}.",
    "Errors from the {n} replicate weights of the file ({first} … {last}), scale {scale}.",
)


@dataclass(frozen=True, slots=True)
class GivenWeights:
    """Columns of replicate weights, or what their names begin with, and how their squares add up."""

    named: tuple[str, ...]
    scale: float
    rscales: tuple[float, ...] | None
    mse: bool  # squares around the estimate itself, else around the mean of the replicates

    def replicates(self, file: SurveyFile, plan: DesignPlan, design: SurveyDesign, lang: str) -> tuple[Replicates, str]:
        """The replicates, and a note of them."""
        names = [column for name in self.named for column in _columns(file, name)]
        own = file.amounts(str(plan.estimation_weights))
        weighed = np.column_stack([file.amounts(name) for name in names])
        made = given_replicates(
            design, _factors(weighed, own, design), scale=self.scale, rscales=self.rscales, mse=self.mse
        )
        facts = {"n": len(names), "first": names[0], "last": names[-1], "scale": f"{self.scale:g}"}
        return made, text(USED, lang, **facts)


def given_weight_options(command: Command) -> Command:
    """Add ``--replicate-weights`` and what belongs to it."""
    return with_options(
        command,
        [
            click.option(
                "--replicate-weights", multiple=True, metavar="PREFIX|COL",
                help="Errors from replicate weights of the file: PREFIX of PREFIX1, PREFIX2 …, or columns one by one.",
            ),
            click.option(
                "--replicate-scale", type=click.FloatRange(0, min_open=True),
                help="Of the variance: scale × Σ rscale × (deviation)².",
            ),
            click.option(
                "--replicate-rscales", metavar="NUMBERS", callback=_numbers, help="One each, by commas; default 1."
            ),
            click.option("--replicate-mse", is_flag=True, help="Deviations from the estimate, not from their mean."),
        ],
    )  # fmt: skip


def given_weights_of(options: Mapping[str, Any], plan: DesignPlan) -> GivenWeights | None:
    """The replicate weights of the options, if there are any."""
    named = tuple(tidy(name) for name in options["replicate_weights"] or ())
    if not named:
        if idle := [name for name in OPTIONS if options[name]]:
            raise click.UsageError(ONLY_WITH.format(given=", ".join("--" + name.replace("_", "-") for name in idle)))
        return None
    if plan.replicates is not None:
        raise click.UsageError(NOT_TWICE)
    if plan.estimation_weights is None:
        raise click.UsageError(NEEDS_WEIGHTS)
    if options["replicate_scale"] is None:
        raise click.UsageError(NEEDS_SCALE)
    return GivenWeights(named, options["replicate_scale"], options["replicate_rscales"], options["replicate_mse"])


def _numbers(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[float, ...] | None:
    if given is None:
        return None
    try:
        return tuple(float(part) for part in given.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{given!r}: 1,1,0.5 …") from error


def _columns(file: SurveyFile, name: str) -> list[str]:
    """The column of this name, else those that are the name and a number, by number."""
    known = list(map(str, file.frame.columns))
    if name in known:
        return [name]
    numbered = {
        int(found[1]): column for column in known if (found := re.fullmatch(re.escape(name) + r"(\d+)", column))
    }
    if not numbered:
        raise TableFileError(file.path, "missing_column", column=name, known=", ".join(known))
    return [numbered[number] for number in sorted(numbered)]


def _factors(weighed: Floats, own: Floats, design: SurveyDesign) -> Floats:
    """Replicate weight over weight (n, R); a row of weight 0 has the factors of its sampling unit."""
    counted = own > 0
    if (strange := ~counted & (weighed > 0).any(axis=1)).any():
        raise AnalysisError("replicates_of_no_weight", row=int(np.argmax(strange)) + 1)
    factors: Floats = np.divide(weighed, own[:, None], out=np.zeros_like(weighed), where=counted[:, None])
    stage = design.clusters.stages[0]
    unit = stage.unit[design.row_unit]
    like = np.full(len(stage.stratum), -1)
    like[unit[counted]] = np.flatnonzero(counted)
    idle = np.flatnonzero(~counted & (like[unit] >= 0))
    factors[idle] = factors[like[unit[idle]]]
    return factors
