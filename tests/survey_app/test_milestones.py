"""What is due in a round: days that count from another, late and near, and a plan moved to another year."""

from dataclasses import replace
from datetime import date

import pytest

from survey_app.definitions import read_round_plan, shipped_rounds
from survey_app.services.milestones import Due, MilestonePlan, Progress, due_days, next_due, progress
from survey_app.services.round_templates import moved_to

NOTHING = {"vi": "", "en": ""}
TODAY = date(2026, 11, 20)


def a_milestone(words: str = "", **fields: object) -> MilestonePlan:
    said = {"vi": words, "en": words}
    return MilestonePlan(
        **{"title": said, "responsible": NOTHING, "product": NOTHING, "due_words": said, "source": "", **fields}
    )


def a_due(number: int, due_on: date | None, done_on: date | None = None) -> Due:
    found = progress(due_on, done_on, TODAY, 1)
    return Due(number, number, NOTHING, NOTHING, NOTHING, due_on, NOTHING, "", done_on, found, None)


def test_days_count_from_the_milestone_before_over_tet():
    plans = [
        a_milestone(due_on=date(2027, 2, 3)),
        a_milestone(after=1, working_days=2),
        a_milestone(after=2, working_days=3),
    ]
    assert due_days(plans, {}) == [date(2027, 2, 3), date(2027, 2, 12), date(2027, 2, 17)]
    assert due_days(plans, {date(2027, 2, 13): True})[2] == date(2027, 2, 16)  # a Saturday that is worked
    assert due_days([a_milestone(), a_milestone(after=1, working_days=2)], {}) == [None, None]


@pytest.mark.parametrize(
    ("due_on", "done_on", "left", "found"),
    [
        (date(2026, 11, 19), None, -1, Progress.OVERDUE),
        (TODAY, None, 0, Progress.SOON),
        (date(2026, 11, 27), None, 5, Progress.SOON),
        (date(2026, 11, 30), None, 6, Progress.LATER),
        (None, None, None, Progress.NO_DAY),
        (date(2026, 11, 19), date(2026, 11, 20), None, Progress.DONE),
        (None, TODAY, None, Progress.DONE),
    ],
)
def test_what_is_due_today_is_not_late(due_on: date | None, done_on: date | None, left: int | None, found: Progress):
    assert progress(due_on, done_on, TODAY, left) == found


def test_the_longest_overdue_comes_first_and_what_is_done_never():
    done, later, late = a_due(1, date(2026, 1, 1), TODAY), a_due(2, date(2026, 12, 1)), a_due(3, date(2026, 10, 1))
    assert next_due([done, later, late, a_due(4, None)]) == late
    assert next_due([done]) is None


def test_a_plan_moved_keeps_the_dates_of_decisions_and_the_ends_of_february():
    plan = replace(
        read_round_plan(shipped_rounds()["hanoi-2026-so"]),
        milestones=(
            a_milestone("Năm 2026, theo Quyết định ngày 17/11/2025", due_on=date(2027, 2, 28)),
            a_milestone("February 2027, by Decision 5 of 17 November 2025", due_on=date(2028, 2, 29)),
        ),
    )
    moved = moved_to(plan, 2027)
    assert (moved.opens_on.year, moved.closes_on.year) == (2027, 2027)
    assert "năm 2027" in moved.title["vi"]
    assert moved.legal_basis == plan.legal_basis
    assert [m.due_on for m in moved.milestones] == [date(2028, 2, 29), date(2029, 2, 28)]
    assert moved.milestones[0].title["vi"] == "Năm 2027, theo Quyết định ngày 17/11/2025"
    assert moved.milestones[1].title["en"] == "February 2028, by Decision 5 of 17 November 2025"
    assert moved_to(plan, 2026) == plan


@pytest.mark.parametrize("code", sorted(shipped_rounds()))
def test_every_template_says_who_does_what_by_when(code: str):
    plan = read_round_plan(shipped_rounds()[code])
    assert plan.programme == code
    assert len(plan.milestones) >= 9
    for milestone in plan.milestones:
        assert all(milestone.title.values())
        assert all(milestone.responsible.values())
        assert all(milestone.due_words.values())
        assert "nhiệm vụ" in milestone.source or "mục" in milestone.source
    assert sum(day is not None for day in due_days(plan.milestones, {})) >= 8
