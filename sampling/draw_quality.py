"""What a draw tells of itself for estimation: joint inclusion probabilities of its rows, and how well it balances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sampling.draws import Draw, ordered_list
from sampling.faults import SamplingError
from sampling.frame import CanonicalFrame, canonical, codes_of
from sampling.inclusion import Floats, Positions, inclusion_probabilities
from sampling.joint import joint_strata
from sampling.selection import Method, joint_probabilities

MOST_ROWS = 2_000
"""Rows of a sample whose pairs are listed (two million)."""

MOST_FRAME = 20_000
"""Rows of a frame from which joint probabilities are worked out, except for simple random sampling."""


def joint_table(frame: pd.DataFrame, drawn: Draw, *, first_row: int = 2) -> pd.DataFrame:
    """Joint inclusion probabilities of the rows of a sample, as its method and order of the list make them.

    Parameters
    ----------
    frame : the frame of the draw
    drawn : a draw in one stage, of at most 2,000 rows, from at most 20,000 (of any number for srs)

    Returns
    -------
    DataFrame ``id_1``, ``id_2``, ``probability``: each pair once, and each row with itself (its inclusion probability).
    Probabilities of 0 (systematic draws) belong to pairs that cannot come together and do not occur among drawn rows.

    Raises
    ------
    SamplingError : draws in stages, from a frame that was drawn itself (``given``), too many rows; methods whose joint
        probabilities cannot be written down (Brewer, randomised systematic, cube)

    References
    ----------
    Tillé (2006), Sampling Algorithms, as for each method in :mod:`sampling.joint`; strata are independent.
    """
    plan = drawn.plan
    if plan.method is None or plan.given is not None:
        raise SamplingError("joint_of_one_draw")
    if len(drawn.positions) > MOST_ROWS:
        raise SamplingError("joint_sample_too_large", rows=len(drawn.positions), limit=MOST_ROWS)
    if plan.method is not Method.SRS and drawn.n_frame > MOST_FRAME:
        raise SamplingError("joint_frame_too_large", rows=drawn.n_frame, limit=MOST_FRAME, method=plan.method)
    listed = canonical(frame, plan.columns(), first_row=first_row)
    places, joint = _blocks(listed, drawn)
    ids = listed.texts[plan.id][places]
    first, second = np.triu_indices(len(ids))
    return pd.DataFrame({"id_1": ids[first], "id_2": ids[second], "probability": joint[first, second]})


def _blocks(listed: CanonicalFrame, drawn: Draw) -> tuple[Positions, Floats]:
    """Canonical positions of the drawn rows in canonical order, and their matrix."""
    plan = drawn.plan
    order, known = ordered_list(listed, plan)
    is_drawn = np.isin(listed.positions[order], drawn.positions)
    strata = listed.stratum(plan.strata)[order] if plan.strata else np.full(len(order), "–", dtype=object)
    codes, labels = codes_of(strata)
    places, blocks = [], []
    for code, label in enumerate(labels):
        members = np.flatnonzero(codes == code)
        n = plan.sizes[label] if plan.sizes is not None else plan.n or 0
        sizes = known.of(members).sizes
        probabilities = np.full(len(members), n / len(members)) if sizes is None else inclusion_probabilities(sizes, n)
        at = np.flatnonzero(is_drawn[members])
        blocks.append(joint_probabilities(plan.method or Method.SRS, probabilities, at))
        places.append(order[members[at]])
    whole, joint = np.concatenate(places), joint_strata(blocks)
    back = np.argsort(whole)
    return whole[back], joint[np.ix_(back, back)]


def balance_table(frame: pd.DataFrame, drawn: Draw, *, first_row: int = 2) -> pd.DataFrame:
    """How well a sample by the cube balances, over all strata.

    Returns
    -------
    DataFrame with a row for each balancing variable: ``variable``, ``total`` in the frame, ``estimate`` of it from the
    sample (Horvitz-Thompson), ``relative`` difference (estimate - total) / |total|, NaN where the total is 0. With
    earlier draws (``given``) the total is that of this frame, and the estimate of it.
    """
    plan = drawn.plan
    listed = canonical(frame, plan.columns(), first_row=first_row)
    rows = np.flatnonzero(np.isin(listed.positions, drawn.positions))
    own = drawn.design_weight * (1.0 if plan.given is None else listed.numbers[plan.given][rows])
    values = [listed.numbers[name] for name in plan.balance]
    totals = np.array([column.sum() for column in values])
    estimates = np.array([float(column[rows] @ own) for column in values])
    relative = np.divide(estimates - totals, np.abs(totals), out=np.full(len(totals), np.nan), where=totals != 0)
    return pd.DataFrame({"variable": list(plan.balance), "total": totals, "estimate": estimates, "relative": relative})
