"""Samples that come with R's package survey, their designs, and the numbers that R finds in them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import LonelyPsu, SurveyDesign, survey_design
from analysis.options import DesignEffect, Options
from analysis.results import Estimates

REFERENCES = Path(__file__).parent / "references"
KEEP = Options(covariances=True)
AGAINST_WITHOUT = Options(deff=DesignEffect.WITHOUT_REPLACEMENT)
AGAINST_WITH = Options(deff=DesignEffect.WITH_REPLACEMENT)


@cache
def references(name: str) -> dict[str, Any]:
    """The file of numbers of that name."""
    return json.loads((REFERENCES / f"{name}.json").read_text())


def refs(file: str, name: str) -> Any:
    """What R's call of that name gave."""
    found = references(file)["refs"][name]
    return found.get("value", found)


@cache
def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCES / "data" / f"{name}.csv")


def sample(name: str) -> pd.DataFrame:
    """apistrat (200 schools by level), apiclus1 (15 districts), apiclus2 (40 districts, schools in them), nhanes."""
    return _read(name).copy()


def weights_of_two_stages(clus2: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Schools that one stands for: districts over those drawn, times schools of the district over those drawn."""
    drawn = clus2.groupby("dnum")["snum"].transform("count")
    return ((clus2["fpc1"] / clus2["dnum"].nunique()) * (clus2["fpc2"] / drawn)).to_numpy()


def design_of(name: str, *, fpc: bool = True, lonely_psu: LonelyPsu = LonelyPsu.FAIL) -> SurveyDesign:
    """The design of a sample, with or without the sizes of its population."""
    frame = sample(name)
    if name == "apistrat":
        return survey_design(frame["pw"], strata=frame["stype"], fpc=frame["fpc"] if fpc else None)
    if name == "apiclus1":
        return survey_design(frame["pw"], psu=frame["dnum"], fpc=frame["fpc"] if fpc else None)
    if name == "nhanes":
        return survey_design(frame["WTMEC2YR"], psu=frame["SDMVPSU"], strata=frame["SDMVSTRA"], nest=True)
    sizes = [frame["fpc1"], frame["fpc2"]] if fpc else None
    units = [frame["dnum"], frame["snum"]]
    return survey_design(weights_of_two_stages(frame), psu=units, fpc=sizes, lonely_psu=lonely_psu)


def all_keys(found: Estimates) -> list[tuple[int, int]]:
    """Places of all estimates, domain by domain."""
    domains, items = found.estimate.shape
    return [(domain, item) for domain in range(domains) for item in range(items)]


def assert_close(found: Any, wanted: Any, tolerance: float = 1e-8) -> None:
    np.testing.assert_allclose(np.ravel(found), np.ravel(wanted), rtol=tolerance)


def assert_agrees(found: Estimates, wanted: dict[str, Any], tolerance: float = 1e-8) -> None:
    """Estimates, standard errors and, where both have them, covariances are those of R."""
    assert_close(found.estimate, wanted["est"], tolerance)
    assert_close(found.se, wanted["se"], tolerance)
    if "vcov" in wanted and found.influence is not None:
        assert_close(found.covariance(all_keys(found)), wanted["vcov"], tolerance)
