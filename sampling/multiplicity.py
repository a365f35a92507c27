"""Frames in which a person may stand several times: files of transactions, links to several offices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.faults import SamplingError
from sampling.frame import Labels
from sampling.inclusion import Floats, Numbers, checked_n, first_few, numbers_of


def multiplicities(persons: Labels) -> npt.NDArray[np.int64]:
    """How many rows of the frame belong to the person of each row."""
    found, _levels = pd.factorize(np.asarray(persons, dtype=object))
    if (found < 0).any() or not len(found):
        raise SamplingError("person_missing", units=first_few(np.flatnonzero(found < 0)))
    return np.bincount(found)[found].astype(np.int64)


def shared_weights(file_weights: Numbers, multiplicity: Numbers) -> Floats:
    """Design weights of files shared out to the people behind them: design weight / multiplicity.

    Parameters
    ----------
    file_weights : design weights of the files drawn (1 / inclusion probability)
    multiplicity : of each file drawn, the number of files of its person in the frame, counted there or reported by the
        person; at least 1

    Returns
    -------
    array; a person reached through two of their files counts once for each, and the two add up to their weight.
    Over all files of a frame (each with design weight 1) they sum to the number of people.

    Raises
    ------
    SamplingError : a multiplicity below 1 (a person who was drawn has at least the file drawn), missing numbers

    References
    ----------
    Sirken (1970), JASA 65: 257-266; Lavallée (2007), Indirect Sampling, ch. 2 (generalised weight share method with
    links of one).
    """
    links = numbers_of(("số hồ sơ", "multiplicity"), multiplicity)
    design_weights = numbers_of(("quyền số", "design weight"), file_weights)
    if len(links) != len(design_weights):
        raise SamplingError("lengths_differ", values=len(links), units=len(design_weights))
    if (links < 1).any():
        below = np.flatnonzero(links < 1)
        raise SamplingError("multiplicity_below_one", units=first_few(below), value=float(links[below[0]]))
    return design_weights / links


def person_probability(multiplicity: Numbers, n: int, n_files: int) -> Floats:
    """Probability that at least one file of a person is in a simple random sample of n of N files.

    1 - C(N - m, n) / C(N, n) for a person with m files. The design weight of a person who is asked once, whatever the
    number of their files drawn, is its inverse.
    """
    m = numbers_of(("số hồ sơ", "multiplicity"), multiplicity)
    n = checked_n(n, n_files)
    outside = np.flatnonzero((m < 1) | (m > n_files) | (m % 1 != 0))
    if outside.size:
        raise SamplingError("multiplicity_below_one", units=first_few(outside), value=float(m[outside[0]]))
    return -np.expm1(_log_missed(m, n, n_files))


def _log_missed(m: Floats, n: int, n_files: int) -> Floats:
    """log of C(N - m, n) / C(N, n) = sum over j < m of log(1 - n / (N - j)); -inf where the sample cannot miss."""
    links = m.astype(np.int64)
    most = int(min(links.max(), n_files - n))
    by_links = np.append(0.0, np.cumsum(np.log1p(-n / (n_files - np.arange(most)))))
    found: Floats = np.where(links <= most, by_links[np.minimum(links, most)], -np.inf)
    return found


def person_probability_by_stratum(persons: Labels, strata: Labels, drawn: Mapping[str, int]) -> pd.DataFrame:
    """Probability of each person to be reached by simple random samples of files within strata.

    Parameters
    ----------
    persons, strata : of each file of the whole frame
    drawn : stratum -> number of files drawn from it

    Returns
    -------
    DataFrame, index person: ``multiplicity``, ``probability`` = 1 - product over strata of the chance to be missed
    """
    table = pd.DataFrame({"person": persons, "stratum": strata})
    links = table.groupby(["person", "stratum"], sort=False).size().rename("m").reset_index()
    n_files = table["stratum"].value_counts()
    unknown = sorted(set(n_files.index) - set(drawn))
    if unknown:
        raise SamplingError("stratum_without_size", stratum=unknown[0], strata=len(unknown))
    links["log_missed"] = 0.0
    for stratum, part in links.groupby("stratum", sort=False):
        n, available = drawn[str(stratum)], int(n_files[str(stratum)])
        if n:
            logs = _log_missed(part["m"].to_numpy(dtype=np.float64), checked_n(n, available), available)
            links.loc[part.index, "log_missed"] = logs
    found = links.groupby("person", sort=False).agg(multiplicity=("m", "sum"), log_missed=("log_missed", "sum"))
    return pd.DataFrame({"multiplicity": found["multiplicity"], "probability": -np.expm1(found["log_missed"])})
