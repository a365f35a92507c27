"""What is added up in every partition of the data, by the names of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.results import Kind

Stages = Sequence[str | None] | str | None


@dataclass(frozen=True, kw_only=True)
class CellPlan:
    """What is added up, and by which design and domains.

    Attributes
    ----------
    kind : means and totals share their cells; ratios and proportions have their own.
    items, denominators : what is estimated; with ``denominators`` for ratios, pair by pair.
    estimation_weights : people a row stands for; None: every row stands for itself.
    psu, strata, fpc : a column, or one by stage, as for :func:`analysis.design.survey_design`. Without ``psu`` every
        row was drawn by itself, and the table of cells is as long as the data.
    nest : labels of first-stage units start anew in each stratum.
    by : columns whose combinations are the domains. Categories are labels like any other: ascending, and only those
        that occur.
    where : a true/false column, or a function of the partition's frame that returns one value per row.
    missing : code of integer columns that means "no valid answer".
    deff : keep what design effects need.
    """

    items: Sequence[str]
    kind: Kind = Kind.MEAN
    denominators: Sequence[str] = ()
    estimation_weights: str | None = None
    strata: Stages = None
    psu: Stages = None
    fpc: Stages = None
    nest: bool = False
    by: Sequence[str] | str = ()
    where: str | Callable[[pd.DataFrame], Any] | None = None
    missing: int | None = None
    deff: bool = False

    @property
    def stages(self) -> dict[str, list[str | None]]:
        """The columns of ``psu``, ``strata`` and ``fpc``, one for each stage."""
        given = {"strata": _listed(self.strata), "psu": _listed(self.psu), "fpc": _listed(self.fpc)}
        count = max(1, *(len(columns) for columns in given.values()))
        return {role: [*columns, *[None] * (count - len(columns))] for role, columns in given.items()}

    @property
    def domain_columns(self) -> list[str]:
        return _listed(self.by)

    @property
    def units_are_rows(self) -> bool:
        """At the last stage every row was drawn by itself."""
        return self.stages["psu"][-1] is None

    @property
    def labels(self) -> list[str]:
        """All columns of the design, once each."""
        by_stage = zip(*self.stages.values(), strict=True)
        return list(dict.fromkeys(name for stage in by_stage for name in stage if name is not None))

    @property
    def columns(self) -> list[str] | None:
        """All that is read; None: every column, for a function chooses the rows."""
        if callable(self.where):
            return None
        one = [name for name in (self.estimation_weights, self.where) if name is not None]
        return list(dict.fromkeys([*self.items, *self.denominators, *one, *self.labels, *self.domain_columns]))


def _listed(given: Stages) -> list[Any]:
    if given is None:
        return []
    return [given] if isinstance(given, str) else list(given)
