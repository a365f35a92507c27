"""Closed groups that are asked in full, such as all delegates: who answered, and for whom the answer is taken.

Two things may be estimated. *What this year's raters said*: the invitees are the population, those who answered a
sample of their cell, and a cell that answered in full has no error. *How the unit performs*: the raters could have
been others, so there is no finite population, and even a complete count has an error. Ranks and intervals take the
second unless said otherwise (DESIGN, two estimands).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import pandas as pd

from analysis.design import Column, LonelyPsu, SurveyDesign, survey_design
from analysis.faults import AnalysisError


class Estimand(StrEnum):
    RATERS = "raters"  # what this year's raters said
    PERFORMANCE = "performance"  # how the unit performs


def turnout(cell: Column, invited: Mapping[str, int]) -> pd.DataFrame:
    """``cell, invited, answered, rate`` of every cell of a closed group, in the order of ``invited``.

    Raises
    ------
    AnalysisError : answers in a cell nobody was invited to, or more answers than invitees.
    """
    answered = pd.Series(cell).astype(str).value_counts()
    unknown = sorted(set(answered.index) - set(invited))
    if unknown:
        raise AnalysisError("cell_not_invited", cells=", ".join(unknown))
    table = pd.DataFrame({"cell": list(invited), "invited": list(invited.values())})
    table["answered"] = table["cell"].map(answered).fillna(0).astype(int)
    over = table[table["answered"] > table["invited"]]
    if len(over):
        first = over.iloc[0]
        raise AnalysisError(
            "more_answers_than_invitees", cell=first["cell"], answered=first["answered"], invited=first["invited"]
        )
    table["rate"] = table["answered"] / table["invited"].where(table["invited"] > 0)
    return table


def closed_group_design(
    cell: Column,
    invited: Mapping[str, int],
    *,
    estimand: Estimand = Estimand.PERFORMANCE,
    lonely_psu: LonelyPsu = LonelyPsu.FAIL,
) -> SurveyDesign:
    """The design of a closed group: cells are strata, every answer stands for invited/answered people of its cell.

    Assumes that within a cell those who did not answer would have answered like those who did.

    Parameters
    ----------
    cell : (n,) the cell of each ballot
    invited : people invited, by cell

    Raises
    ------
    AnalysisError : a cell with invitees and without any answer (join it with another), and as :func:`turnout`.
    """
    table = turnout(cell, invited).set_index("cell")
    silent = table.index[(table["answered"] == 0) & (table["invited"] > 0)]
    if len(silent):
        raise AnalysisError("silent_cells", cells=", ".join(silent))
    of_row = table.loc[pd.Series(cell).astype(str).tolist()]
    stands_for = of_row["invited"].to_numpy(dtype=np.float64) / of_row["answered"].to_numpy(dtype=np.float64)
    population = of_row["invited"].to_numpy(dtype=np.float64) if estimand is Estimand.RATERS else None
    return survey_design(stands_for, strata=pd.Series(cell).astype(str), fpc=population, lonely_psu=lonely_psu)
