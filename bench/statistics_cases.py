"""What is measured of the estimation, one case in a process of its own: `python -m bench.statistics_cases '{…}'`."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.design import SurveyDesign, survey_design
from analysis.domain_quantiles import quantiles
from analysis.estimate import means, proportions
from analysis.items import Items
from analysis.options import DesignEffect, Options
from analysis.replicate import replicate_estimates
from analysis.replicate_weights import rao_wu
from analysis.results import Estimates
from bench import floor
from bench.ballots import COMMUNES, ITEMS, MARGINS, Ballots, ballots
from sampling.calibration import Calibration, rake

Numbers = npt.NDArray[np.float64]
Work = Callable[[], Numbers]
MISSING = 9


@dataclass(frozen=True)
class Case:
    """Ours and the floor's work, each giving the numbers that must agree; what is ready before is not measured."""

    ours: Work
    floor: Work | None = None


@dataclass(frozen=True)
class Ready:
    """Ballots as the estimation takes them: the frame of labels, the answers and the design."""

    data: Ballots
    labels: pd.DataFrame
    items: Items
    design: SurveyDesign


def ready(data: Ballots, calibration: Calibration | None = None) -> Ready:
    labels = data.labels()
    final = labels["base_weight"] if calibration is None else calibration.calibrated_weights
    design = survey_design(final, psu=labels["village"], strata=labels["stratum"], calibration=calibration)
    return Ready(data, labels, Items(ITEMS, data.answers), design)


def _numbers(found: Estimates) -> Numbers:
    """Estimates and standard errors (2, D, K); intervals, n and df were computed as well."""
    return np.stack([found.estimate, found.se])


def _shuffled(data: Ballots) -> Ballots:
    order = np.random.default_rng(1).permutation(len(data.village))
    parts = {name: getattr(data, name)[order] for name in ("answers", "village", "sex", "age", "base_weights")}
    return Ballots(**parts)


def from_a_frame(data: Ballots, _replicates: int) -> Case:
    frame = data.frame()

    def ours() -> Numbers:
        design = survey_design(frame["base_weight"], psu=frame["village"], strata=frame["stratum"])
        return _numbers(means(design, frame, ITEMS, by=["commune"]))

    return Case(ours, lambda: np.stack(floor.means_by(data, COMMUNES)))


def whole(data: Ballots, _replicates: int) -> Case:
    made = ready(data)
    return Case(
        lambda: _numbers(means(made.design, made.labels, made.items)), lambda: np.stack(floor.means_by(data, 1))
    )


def by_commune(data: Ballots, _replicates: int) -> Case:
    made = ready(data)
    return Case(
        lambda: _numbers(means(made.design, made.labels, made.items, by=["commune"])),
        lambda: np.stack(floor.means_by(data, COMMUNES)),
    )


def unsorted(data: Ballots, _replicates: int) -> Case:
    made = ready(_shuffled(data))
    return Case(
        lambda: _numbers(means(made.design, made.labels, made.items, by=["commune"])),
        lambda: np.stack(floor.means_by(data, COMMUNES)),
    )


def with_deff(data: Ballots, _replicates: int) -> Case:
    made, options = ready(data), Options(deff=DesignEffect.WITHOUT_REPLACEMENT)
    return Case(
        lambda: _numbers(means(made.design, made.labels, made.items, by=["commune"], options=options)),
        lambda: np.stack(floor.means_by(data, COMMUNES)),
    )


def with_gaps(data: Ballots, _replicates: int) -> Case:
    """Three in a hundred answers are missing."""
    answers = data.answers.copy()
    rng = np.random.default_rng(3)
    for column in range(len(ITEMS)):
        answers[rng.random(len(answers)) < 0.03, column] = MISSING
    made = ready(data)
    items = Items(ITEMS, answers, MISSING)
    return Case(lambda: _numbers(means(made.design, made.labels, items, by=["commune"])))


def shares(data: Ballots, _replicates: int) -> Case:
    made = ready(data)
    return Case(lambda: _numbers(proportions(made.design, made.labels, made.items, by=["commune"])))


def elements(data: Ballots, _replicates: int) -> Case:
    made = ready(data)
    design = survey_design(made.labels["base_weight"], strata=made.labels["stratum"])
    return Case(
        lambda: _numbers(means(design, made.labels, made.items, by=["commune"])),
        lambda: np.stack(floor.element_means(data)),
    )


def raking(data: Ballots, _replicates: int) -> Case:
    labels = data.labels()
    margins = {name: labels[name].to_numpy() for name in MARGINS}
    return Case(lambda: rake(margins, data.controls, data.base_weights).calibrated_weights, lambda: floor.raked(data))


def _raked(data: Ballots) -> Calibration:
    return rake(data.labels(), data.controls, data.base_weights)


def whole_calibrated(data: Ballots, _replicates: int) -> Case:
    made = ready(data, _raked(data))
    return Case(lambda: _numbers(means(made.design, made.labels, made.items)))


def calibrated(data: Ballots, _replicates: int) -> Case:
    made = ready(data, _raked(data))
    return Case(lambda: _numbers(means(made.design, made.labels, made.items, by=["commune"])))


def elements_calibrated(data: Ballots, _replicates: int) -> Case:
    made = ready(data, _raked(data))
    design = survey_design(
        made.design.estimation_weights, strata=made.labels["stratum"], calibration=made.design.calibration
    )
    return Case(lambda: _numbers(means(design, made.labels, made.items, by=["commune"])))


def bootstrap(data: Ballots, replicates: int) -> Case:
    made = ready(data)
    drawn = rao_wu(made.design, replicates, np.random.default_rng(4))
    factors = drawn.block(slice(None))

    def ours() -> Numbers:
        return replicate_estimates(made.design, made.labels, made.items, replicates=drawn, by=["commune"]).se

    return Case(ours, lambda: floor.bootstrap(data, factors))


def raked_bootstrap(data: Ballots, replicates: int) -> Case:
    made = ready(data, _raked(data))
    drawn = rao_wu(made.design, replicates, np.random.default_rng(4))
    factors = drawn.block(slice(None))

    def ours() -> Numbers:
        return replicate_estimates(made.design, made.labels, made.items, replicates=drawn, by=["commune"]).se

    return Case(ours, lambda: floor.raked_bootstrap(data, factors))


def medians(data: Ballots, _replicates: int) -> Case:
    made = ready(data)
    frame = made.labels.assign(q1=data.answers[:, 0])
    return Case(lambda: quantiles(made.design, frame, ["q1"], [0.5], by=["commune"]).estimate[:, :, 0])


CASES: Mapping[str, Callable[[Ballots, int], Case]] = {
    "40 means": whole,
    "126 × 40 means": by_commune,
    "… from a data frame, with design": from_a_frame,
    "… of rows out of order": unsorted,
    "… with design effects": with_deff,
    "… with missing answers": with_gaps,
    "… of rows drawn one by one": elements,
    "126 × 200 shares": shares,
    "raking to four margins": raking,
    "40 means, raked": whole_calibrated,
    "126 × 40 means, raked": calibrated,
    "… of rows drawn one by one, raked": elements_calibrated,
    "bootstrap, 126 × 40 means": bootstrap,
    "bootstrap raked again, 126 × 40": raked_bootstrap,
    "126 medians of one item": medians,
}
REPEATED = ("bootstrap, 126 × 40 means", "bootstrap raked again, 126 × 40")


def seconds(work: Work) -> tuple[float, Numbers]:
    """Processor seconds, and what came of it."""
    started = time.process_time()
    found = work()
    return time.process_time() - started, found


def measured(name: str, rows: int, replicates: int, repeat: int, save: Path | None = None) -> dict[str, float | None]:
    """Seconds of ours and the floor, memory at the peak of ours, and the largest difference, relative."""
    case = CASES[name](ballots(rows), replicates)
    best, found = seconds(case.ours)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lowest, difference = None, None
    if case.floor is not None:
        lowest, expected = seconds(case.floor)
        difference = float(np.max(np.abs(found / expected - 1)))
    for _run in range(repeat - 1):  # taking turns, so that a disturbance meets both
        best = min(best, seconds(case.ours)[0])
        lowest = None if case.floor is None or lowest is None else min(lowest, seconds(case.floor)[0])
    if save is not None:
        np.save(save, found)
    return {"seconds": best, "floor_s": lowest, "peak_mb": peak, "difference": difference}


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    where = asked.pop("save")
    print(json.dumps(measured(**asked, save=None if where is None else Path(where))))
