"""Differences of units with their standard errors: the same people rated both, so that their harshness cancels.

V(A - B) = V(A) + V(B) - 2 C(A, B), with C the sum over ballots (or drawn first-stage units) of the products of their
influences on the two indices. It cancels only as far as the raters are the same; how far is said beside. That all of a
few raters put two units equally far apart is no certainty: at least the share 4/(n + 4) of V(A) + V(B) remains, as if
four more raters had cancelled nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.small_samples import LINEARISED
from scoring.faults import Fault, TableError
from scoring.results import Scores
from scoring.standing import half_width
from scoring.values import Floats

KEYS = ["respondent_group", "ballot"]
FEW_RATERS = "few_raters"
EXTRA_RATERS = 4
"""Raters added whose harshness would not have cancelled; after Agresti and Coull (1998)."""


def differences_from(scores: Scores, against: str) -> pd.DataFrame:
    """How far every other scored unit of the block lies from one unit, on the index.

    Returns
    -------
    DataFrame: ``unit, against, difference, se, ci_low, ci_high, shared, se_method``, best first; ``shared`` is the
    share of the raters of either unit who rated both; ``se_method`` is ``linearised``, or ``few_raters`` where the
    floor holds. NaN where a unit has no standard error.

    Raises
    ------
    TableError : a unit that is not among the scored ones.
    """
    scored = scores.by_unit[scores.by_unit["index"].notna()].set_index("unit")
    if against not in scored.index:
        known = ", ".join(map(str, scored.index[:20]))
        raise TableError([Fault("--against", "unknown_value", {"value": against, "known": known})])
    block = scored[scored["block"] == scored.loc[against, "block"]].drop(index=against)
    common, shared, raters = _common_variance(scores.influence, against, list(block.index))
    index, error = scored["index"].astype(float), scored["se"].astype(float)
    difference = (index[block.index] - index[against]).to_numpy()
    squares = (error[block.index] ** 2 + error[against] ** 2).to_numpy()
    floor = EXTRA_RATERS / (raters + EXTRA_RATERS) * squares
    floored = (raters > 0) & (squares - 2 * common < floor)
    se = np.sqrt(np.where(floored, floor, squares - 2 * common))
    df = np.fmin(scored["df"][block.index].to_numpy(dtype=np.float64), scored["df"].astype(float)[against])
    margin = half_width(pd.Series(se), pd.Series(df)).to_numpy()
    frame = pd.DataFrame({"unit": list(block.index), "against": against, "difference": difference, "se": se})
    frame["ci_low"], frame["ci_high"] = difference - margin, difference + margin
    frame["shared"], frame["se_method"] = shared, np.where(floored, FEW_RATERS, LINEARISED)
    return frame.sort_values(["difference", "unit"], ascending=[False, True]).reset_index(drop=True)


def influence_by_rater(influence: pd.DataFrame, units: list[str]) -> pd.DataFrame:
    """Influence of each rater of the units (rows) on the index of each unit (columns); NaN where it was not rated."""
    own = influence[influence["unit"].isin(units)]
    return own.pivot_table(index=KEYS, columns="unit", values="influence", aggfunc="sum").reindex(columns=units)


def _common_variance(influence: pd.DataFrame, against: str, units: list[str]) -> tuple[Floats, Floats, Floats]:
    """Covariance of the index of each unit with that of one, the share of raters in common, and their number."""
    if influence.empty:
        return np.zeros(len(units)), np.full(len(units), np.nan), np.zeros(len(units))
    wide = influence_by_rater(influence, [*units, against])
    rated = wide.notna().to_numpy()
    own, values = rated[:, -1], wide.fillna(0.0).to_numpy()
    both, either = (rated[:, :-1] & own[:, None]).sum(axis=0), (rated[:, :-1] | own[:, None]).sum(axis=0)
    share = np.divide(both, either, out=np.full(len(units), np.nan), where=either > 0)
    return values[:, :-1].T @ values[:, -1], share, both.astype(np.float64)
