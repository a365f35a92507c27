"""Columns made from the samples of R's package survey, in the words of tests/references/models.R."""

from functools import cache

import numpy as np
import pandas as pd
from survey_samples import design_of, sample

from analysis.design import SurveyDesign, survey_design
from sampling.calibration import poststratify

LEVELS = ("a", "b", "c", "d")
SCHOOLS = {"E": 4421, "H": 755, "M": 1018}


def prepared(name: str) -> pd.DataFrame:
    frame = sample("apiclus1" if name == "post" else name)
    if name == "nhanes":
        return frame
    frame["level"] = pd.cut(frame["api00"], [0, 550, 650, 750, 1000], labels=list(LEVELS))
    frame["poor"] = np.where(frame["meals"] > 60, "Yes", "No")
    frame["big"] = frame["enroll"] / 1000
    return frame


@cache
def design(name: str) -> SurveyDesign:
    if name != "post":
        return design_of(name)
    frame = sample("apiclus1")
    made = poststratify({"stype": frame["stype"]}, {"stype": SCHOOLS}, frame["pw"])
    return survey_design(made.calibrated_weights, psu=frame["dnum"], fpc=frame["fpc"], calibration=made)
