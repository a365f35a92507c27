"""Signs of poor response quality: false alarms among honest ballots, what planted fraud is found, and CPU time.

`python -m bench.quality` prints the tables of docs/statistics.md. Honest ballots of two questionnaires of the catalogue
come from a trait model that the indices do not know: a person's leniency, a view of each section, noise of each answer,
and (``styles``) people who differ in how much their answers vary.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.careless import item_pairs, mahalanobis, pair_consistency, response_variability, runs, spread_of
from analysis.cluster_quality import cluster_signs
from analysis.items import Items
from analysis.near_duplicates import near_duplicates
from analysis.person_fit import guttman_errors, steps_of
from analysis.quality import Look, Review, review
from instruments.loading import load_catalogue
from instruments.model import Measure

Floats = npt.NDArray[np.float64]
FORMS = ("sipas_2026_nguoi_dan", "so_2026_cong_chuc")
OFFICES, PER_OFFICE, PER_INTERVIEWER = 30, 40, 20
N = OFFICES * PER_OFFICE
MIXED = (0.05, 0.12, 0.25, 0.42, 0.16)
CONTENT = (0.01, 0.03, 0.08, 0.80, 0.08)
RATINGS = (Measure.ASSESSMENT, Measure.SATISFACTION)
BLANK, SKIPS_B = 0.02, 0.45
REPEATS = 5
SPEED_N, SPEED_K = 100_000, 40


@dataclass(frozen=True)
class Form:
    """The ratings of a questionnaire: their levels, sections, and whether only some people are asked."""

    names: tuple[str, ...]
    levels: tuple[int, ...]
    section: npt.NDArray[np.intp]
    of_some: npt.NDArray[np.bool_]


def form_of(form_id: str) -> Form:
    instrument = load_catalogue(form_id)
    found = [
        (
            question.name,
            len([c for c in instrument.choices[question.list_name or ""] if not c.dont_know]),
            place,
            section,
        )
        for place, section in enumerate(instrument.sections)
        for question in section.questions
        if question.measure in RATINGS and question.list_name
    ]
    names, levels, place, sections = zip(*found, strict=True)
    return Form(names, levels, np.array(place), np.array([bool(section.relevant) for section in sections]))


def honest(form: Form, shares: tuple[float, ...], styles: bool, rng: np.random.Generator) -> Floats:
    """(N, K) answers from 1; NaN for don't know and for what was not asked."""
    k = len(form.names)
    office = 0.2 * rng.standard_normal((OFFICES, 1)).repeat(PER_OFFICE, axis=0)
    person = 0.6 * rng.standard_normal((N, 1))
    views = 0.4 * rng.standard_normal((N, form.section.max() + 1))[:, form.section]
    noise = 0.66 * rng.standard_normal((N, k))
    spread = np.exp(0.25 * rng.standard_normal((N, 1))) if styles else 1.0
    latent = office + person + spread * (views + noise) + 0.15 * rng.standard_normal(k)
    answers = np.empty((N, k))
    for item, count in enumerate(form.levels):
        part = np.cumsum(shares[-count:])[:-1] / sum(shares[-count:])
        cuts = np.quantile(latent, part)
        answers[:, item] = 1 + np.searchsorted(cuts, latent[:, item])
    answers[rng.random((N, k)) < BLANK] = np.nan
    answers[np.ix_(rng.random(N) < SKIPS_B, form.of_some)] = np.nan
    return answers


OFFICE = np.arange(N) // PER_OFFICE
INTERVIEWER = np.arange(N) // PER_INTERVIEWER


def plant(answers: Floats, form: Form, rng: np.random.Generator) -> dict[str, npt.NDArray[np.intp]]:
    """Three frauds in place: rows of each; the clusters are interviewer 4, office 7 and interviewer 40."""
    top = np.array(form.levels, dtype=np.float64)
    forms = np.flatnonzero(INTERVIEWER == 4)
    usual = np.nanmedian(answers, axis=0)  # what he thinks people say, with some variety of his own
    away = rng.random((len(forms), len(top))) < 0.2
    answers[forms] = np.clip(usual + away * rng.choice([-1, 1], size=away.shape), 1, top)
    told = np.flatnonzero(OFFICE == 7)
    answers[told] = np.where(rng.random((len(told), len(top))) < 0.92, top, top - 1)
    copies = np.flatnonzero(INTERVIEWER == 40)
    for number, row in enumerate(copies[10:]):
        original = answers[copies[number]].copy()
        there = np.flatnonzero(np.isfinite(original))
        for item in rng.choice(there, 1 + number % 3, replace=False):
            original[item] = original[item] % top[item] + 1
        answers[row] = original
    return {"forms": forms, "told": told, "copies": copies}


def reviewed(form: Form, answers: Floats, rng: np.random.Generator) -> tuple[Review, set[tuple[str, int]]]:
    """The review, and the clusters that stand out."""
    found = review(Items(form.names, answers), rng, Look(n_simulated=10_000))
    signs = cluster_signs(found, {"office": OFFICE.tolist(), "interviewer": INTERVIEWER.tolist()}, rng, n_sets=500)
    rows = signs.standing_out()
    return found, {(column, int(name)) for column, name in zip(rows["column"], rows["cluster"], strict=True)}


def false_alarms(seed: int) -> Iterator[str]:
    yield "| questionnaire | answers | any sign, expected | any sign, found | worst sign at 1 % | named of 90 |"
    yield "|---|---|--:|--:|--:|--:|"
    for form_id in FORMS:
        form = form_of(form_id)
        for label, shares, styles in (
            ("mixed", MIXED, False), ("80 % content", CONTENT, False), ("80 % content, styles", CONTENT, True)
        ):  # fmt: skip
            rng = np.random.default_rng(seed)
            any_sign, expected, named, of_sign = [], [], [], Counter[str]()
            for _repeat in range(REPEATS):
                found, clusters = reviewed(form, honest(form, shares, styles, rng), rng)
                any_sign.append(found.any_flag.mean())
                expected.append(found.expected_any)
                named.append(len(clusters))
                of_sign.update({str(sign): float(flags.mean()) for sign, flags in found.flags.items()})
            worst, share = of_sign.most_common(1)[0]
            yield (
                f"| {form_id} | {label} | {np.mean(expected):.1%} | {np.mean(any_sign):.1%} | "
                f"{worst} {share / REPEATS:.1%} | {np.mean(named):.1f} |"
            )


def detection(seed: int) -> Iterator[str]:
    yield "| questionnaire | answers | fraud | ballots with a sign | near-duplicates | cluster named | honest named |"
    yield "|---|---|---|--:|--:|--:|--:|"
    clusters = {"forms": ("interviewer", 4), "told": ("office", 7), "copies": ("interviewer", 40)}
    guilty = {*clusters.values(), ("interviewer", 14), ("interviewer", 15), ("office", 2), ("office", 20)}
    for form_id in FORMS:
        form = form_of(form_id)
        for label, shares in (("mixed", MIXED), ("80 % content", CONTENT)):
            rng = np.random.default_rng(seed + 1)
            signs, twins, named, wrong = (Counter[str]() for _ in range(4))
            for _repeat in range(REPEATS):
                answers = honest(form, shares, True, rng)
                rows = plant(answers, form, rng)
                found, standing = reviewed(form, answers, rng)
                for fraud, of_fraud in rows.items():
                    signs[fraud] += found.any_flag[of_fraud].mean()
                    twins[fraud] += (found.duplicates.partners()[of_fraud] > 0).mean()
                    named[fraud] += clusters[fraud] in standing
                wrong["all"] += len(standing - guilty)
            for fraud in clusters:
                share = [f"{one[fraud] / REPEATS:.0%}" for one in (signs, twins)]
                count = f"{named[fraud]} of {REPEATS} | {wrong['all'] / REPEATS:.1f}"
                yield f"| {form_id} | {label} | {fraud} | {share[0]} | {share[1]} | {count} |"


def speed(seed: int) -> Iterator[str]:
    """CPU seconds of every index and of near-duplicates, one thread or many."""
    rng = np.random.default_rng(seed)
    latent = 0.7 * rng.standard_normal((SPEED_N, 1)) + 0.7 * rng.standard_normal((SPEED_N, SPEED_K))
    answers = 1 + np.searchsorted([-2.6, -2.0, -1.3, 1.2], latent).astype(np.int8)
    items = Items(tuple(f"q{item}" for item in range(SPEED_K)), answers)
    start = time.process_time()
    runs(items)
    response_variability(items)
    mahalanobis(items, spread_of(items))
    pair_consistency(items, item_pairs(items, 0.3))
    guttman_errors(items, steps_of(items))
    middle = time.process_time()
    found = near_duplicates(items)
    yield f"indices of {SPEED_N:,} x {SPEED_K}: {middle - start:.2f} s of CPU"
    spent = time.process_time() - middle
    yield f"near-duplicates: {spent:.2f} s, {len(found.first):,} pairs among {found.n_compared:,} ballots"


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 2026
    for part in (speed, false_alarms, detection):
        for line in part(seed):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
