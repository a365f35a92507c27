"""What stands in the way of opening, with the page where each of it is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import url_for

from survey_app.console import may_open
from survey_app.models.rounds import Mode, SurveyRound
from survey_app.round_words import obstacles_in_words, titles_of
from survey_app.services.stages import Obstacle

MENDED_AT = {
    "closed_before_today": "rounds.edit",
    "texts_missing": "rounds.edit",
    "no_units": "rounds.units",
    "no_groups": "rounds.group_new",
    "form_faults": "round_forms.index",
    "method_unfed": "round_method.index",
    "blocks_unranked": "round_method.index",
}


@dataclass(frozen=True, slots=True)
class Mending:
    """An obstacle in words; ``href`` is empty where no one page mends it, or who reads may not open that page."""

    text: str
    href: str


def mendings(obstacles: Iterable[Obstacle], survey_round: SurveyRound) -> list[Mending]:
    """Every obstacle; small cells come last, group by group."""
    listed, titles = tuple(obstacles), titles_of(survey_round)
    others = [(one,) for one in listed if one.cell is None]
    return [
        Mending(text, _href(alike[0], survey_round))
        for alike in (*others, *_small_by_group(listed))
        for text in obstacles_in_words(alike, titles)
    ]


def _small_by_group(obstacles: Iterable[Obstacle]) -> Iterator[tuple[Obstacle, ...]]:
    by_group: dict[str, list[Obstacle]] = {}
    for one in obstacles:
        if one.cell is not None:
            by_group.setdefault(one.cell.group_code, []).append(one)
    yield from map(tuple, by_group.values())


def _href(obstacle: Obstacle, survey_round: SurveyRound) -> str:
    values = {"round_code": survey_round.code}
    endpoint = MENDED_AT.get(obstacle.code, "")
    group = obstacle.cell.group_code if obstacle.cell else obstacle.params.get("group")
    if not endpoint and group:
        is_open = any(one.code == group and one.mode == Mode.OPEN_LINK for one in survey_round.groups)
        endpoint = "rounds.units" if is_open else "invitations.group"  # posters hang where units are
        values |= {} if is_open else {"group_code": group}
    return url_for(endpoint, **values) if endpoint and may_open(endpoint, survey_round.code) else ""
