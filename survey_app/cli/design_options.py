"""How rows were drawn, as options of a command: flags, or a design file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from analysis.design import LonelyPsu
from analysis.design_plan import NO_COLUMN, DesignPlan
from survey_app.cli.estimate_data import read_design
from survey_app.cli.tabular import EXISTING
from survey_app.table_text import tidy

Command = Callable[..., Any]
DESIGN_FLAGS = ("weights", "strata", "psu", "fpc", "nest", "lonely_psu")
NOT_WITH_DESIGN = "--design {file} says the design; leave out {given}"
TWICE = "the design file says {what} already; leave out {given}"


def with_options(command: Command, options: list[Command]) -> Command:
    """The command with options, of which ``--help`` shows the first first."""
    for option in reversed(options):
        command = option(command)
    return command


def sample_options(command: Command) -> Command:
    """Add the flags of a design and ``--design``; the command hands what it gets to :func:`design_plan`."""
    return with_options(
        command,
        [
            click.option("--weights", metavar="COL", help="Weights; without them every row counts once."),
            click.option("--strata", multiple=True, metavar="COL", help='Strata; again for each stage ("-": none).'),
            click.option("--psu", multiple=True, metavar="COL", help="Sampling units; again for each stage."),
            click.option("--fpc", multiple=True, metavar="COL", help="Units in the population, or fraction drawn."),
            click.option("--nest", is_flag=True, help="Labels of --psu start anew in each stratum."),
            click.option(
                "--lonely-psu", type=click.Choice([rule.value for rule in LonelyPsu]), help="Default: fail (refuse)."
            ),
            click.option("--design", "design_file", type=EXISTING, help="All this and calibration in a file (.yaml)."),
        ],
    )


def missing_option(command: Command) -> Command:
    """Add ``--missing``."""
    return click.option("--missing", type=int, metavar="CODE", help="A code of the items that is no answer.")(command)


def design_plan(*, design_file: Path | None, missing: int | None, **flags: Any) -> DesignPlan:
    """The design of the file, or of the flags (those of ``DESIGN_FLAGS``)."""
    given = ", ".join(f"--{name.replace('_', '-')}" for name in DESIGN_FLAGS if flags[name])
    if design_file is None:
        strata, psu, fpc = (
            tuple(None if name == NO_COLUMN else tidy(name) for name in flags[key]) for key in ("strata", "psu", "fpc")
        )
        rule = LonelyPsu(flags["lonely_psu"] or LonelyPsu.FAIL)
        return DesignPlan(flags["weights"], strata, psu, fpc, flags["nest"], rule, missing)
    if given:
        raise click.UsageError(NOT_WITH_DESIGN.format(file=design_file, given=given))
    plan = read_design(design_file)
    if missing is None:
        return plan
    if plan.missing is not None:
        raise click.UsageError(TWICE.format(what="missing", given="--missing"))
    return replace(plan, missing=missing)
