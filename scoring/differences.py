"""Differences of units with their standard errors: the same people rated both, so that their harshness cancels.

V(A - B) = V(A) + V(B) - 2 C(A, B), with C the sum over ballots (or drawn first-stage units) of the products of their
influences on the two indices. It cancels only as far as the raters are the same; how far is said beside.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.faults import Fault, TableError
from scoring.results import Scores
from scoring.standing import Z95
from scoring.values import Floats

KEYS = ["respondent_group", "ballot"]


def differences_from(scores: Scores, against: str) -> pd.DataFrame:
    """How far every other scored unit of the block lies from one unit, on the index.

    Returns
    -------
    DataFrame: ``unit, against, difference, se, ci_low, ci_high, shared``, best first; ``shared`` is the share of the
    raters of either unit who rated both. NaN where a unit has no standard error.

    Raises
    ------
    TableError : a unit that is not among the scored ones.
    """
    scored = scores.by_unit[scores.by_unit["index"].notna()].set_index("unit")
    if against not in scored.index:
        known = ", ".join(map(str, scored.index[:20]))
        raise TableError([Fault("--against", "unknown_value", {"value": against, "known": known})])
    block = scored[scored["block"] == scored.loc[against, "block"]].drop(index=against)
    common, shared = _common_variance(scores.influence, against, list(block.index))
    index, error = scored["index"].astype(float), scored["se"].astype(float)
    difference = (index[block.index] - index[against]).to_numpy()
    squares = (error[block.index] ** 2 + error[against] ** 2).to_numpy()
    se = np.sqrt(np.maximum(squares - 2 * common, 0.0))
    frame = pd.DataFrame({"unit": list(block.index), "against": against, "difference": difference, "se": se})
    frame["ci_low"], frame["ci_high"] = difference - Z95 * se, difference + Z95 * se
    frame["shared"] = shared
    return frame.sort_values(["difference", "unit"], ascending=[False, True]).reset_index(drop=True)


def _common_variance(influence: pd.DataFrame, against: str, units: list[str]) -> tuple[Floats, Floats]:
    """Covariance of the index of each unit with that of one, and the share of raters in common."""
    if influence.empty:
        return np.zeros(len(units)), np.full(len(units), np.nan)
    wide = influence.pivot_table(index=KEYS, columns="unit", values="influence", aggfunc="sum")
    wide = wide.reindex(columns=[*units, against])
    rated = wide.notna().to_numpy()
    own, values = rated[:, -1], wide.fillna(0.0).to_numpy()
    both, either = (rated[:, :-1] & own[:, None]).sum(axis=0), (rated[:, :-1] | own[:, None]).sum(axis=0)
    return values[:, :-1].T @ values[:, -1], np.divide(both, either, out=np.full(len(units), np.nan), where=either > 0)
