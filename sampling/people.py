"""From drawn rows to people: files of one person, one adult of a household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.frame import CanonicalFrame, Labels
from sampling.households import adult_to_ask
from sampling.inclusion import Floats, Positions
from sampling.multiplicity import multiplicities, person_probability_by_stratum, shared_weights
from sampling.plans import DrawPlan
from sampling.selection import Method

EVERYTHING = ""  # the stratum of a frame without strata


@dataclass(frozen=True, slots=True)
class People:
    """What each drawn row means for the person behind it; arrays by drawn row."""

    person_weight: Floats  # design weight of the person for this row: x adults, / multiplicity
    persons: Labels | None = None
    multiplicity: Floats | None = None
    probability: Floats | None = None  # simple random files only: that any file of the person is drawn
    adult: npt.NDArray[np.int64] | None = None  # whom to ask: place in the list of adults, from 1
    adult_probability: Floats | None = None
    n_capped: int = 0  # households whose factor was cut to the cap

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        """The columns that go beside the drawn rows."""
        named: Mapping[str, npt.NDArray[np.generic] | None] = {
            "multiplicity": self.multiplicity,
            "person_probability": self.probability,
            "adult_to_ask": self.adult,
            "adult_probability": self.adult_probability,
            "person_weight": self.person_weight,
        }
        return {name: values for name, values in named.items() if values is not None}


def people_of(
    listed: CanonicalFrame, plan: DrawPlan, drawn: Positions, design_weight: Floats, rng: np.random.Generator
) -> People | None:
    """The people behind drawn rows; None where the plan says that rows are people.

    Parameters
    ----------
    listed, plan : the frame and what was drawn from it
    drawn, design_weight : rows drawn (positions in ``listed``) and their design weights
    rng : draws the adults, after the rows were drawn
    """
    if not (plan.multiplicity_key or plan.multiplicity or plan.adults):
        return None
    weight_of_person = design_weight
    persons = multiplicity = probability = adult = adult_probability = None
    n_capped = 0
    if plan.multiplicity_key:
        everyone = listed.texts[plan.multiplicity_key]
        persons = everyone[drawn]
        multiplicity = multiplicities(everyone)[drawn].astype(np.float64)
        probability = _probability(listed, plan, persons)
    elif plan.multiplicity:
        multiplicity = listed.numbers[plan.multiplicity][drawn]
    if multiplicity is not None:
        weight_of_person = shared_weights(weight_of_person, multiplicity)
    if plan.adults:
        asked = adult_to_ask(listed.numbers[plan.adults][drawn], rng, within=plan.within, cap=plan.adults_cap)
        adult, adult_probability, n_capped = asked.selected, asked.probability, asked.n_capped
        weight_of_person = weight_of_person * asked.weight_factor
    return People(weight_of_person, persons, multiplicity, probability, adult, adult_probability, n_capped)


def _probability(listed: CanonicalFrame, plan: DrawPlan, persons: Labels) -> Floats | None:
    """That at least one of the person's files is drawn; only simple random draws have it in closed form."""
    if plan.method is not Method.SRS or plan.given or plan.multiplicity_key is None:
        return None
    strata = listed.stratum(plan.strata) if plan.strata else np.full(len(listed), EVERYTHING, dtype=object)
    sizes = plan.sizes if plan.sizes is not None else {EVERYTHING: plan.n or 0}
    table = person_probability_by_stratum(listed.texts[plan.multiplicity_key], strata, sizes)
    found: Floats = table["probability"].reindex(pd.Index(persons)).to_numpy(dtype=np.float64)
    return found
