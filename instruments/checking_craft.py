"""Craft of a questionnaire: balanced scales, length, and questions that could say who answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from instruments.answering import is_rating, rating_count
from instruments.faults import Fault, Severity
from instruments.model import Choice, Instrument, Question, QuestionType, Repeat
from instruments.rows import CHOICES, SETTINGS, SURVEY

MOST_RATINGS = 120
"""Ratings one person is asked at most (assumed; beyond it answers become straight lines)."""

_NEUTRAL = re.compile(
    r"bình thường|trung bình|phân vân|trung lập|vừa phải|một phần|nửa|tương đương|như cũ|không .*\bkhông\b"
    r"|neither|neutral|average|partly|fair\b|sometimes|about the same",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"\b(không|chưa|kém|chậm|trễ|muộn|khó|xấu|thấp|yếu|tệ|giảm|not|never|no|poor|bad|slow|late|difficult|low|weak)\b"
    r"|\b(dis|un)[a-z]{4,}",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    r"họ và tên|họ tên|số điện thoại|e-?mail|căn cước|cccd|cmnd|địa chỉ nhà|full name|phone number|identity card",
    re.IGNORECASE,
)


def craft(instrument: Instrument, *, anonymous: bool, n_units: int) -> Iterator[Fault]:
    """What an experienced reader would object to."""
    count = rating_count(instrument, n_units)
    if count > MOST_RATINGS:
        params = {"count": count, "most": MOST_RATINGS, "units": n_units}
        yield Fault("too_many_ratings", params, SETTINGS, column="form_id")
    yield from _scales(instrument)
    for section in instrument.sections:
        for question in section.questions:
            if isinstance(section, Repeat) and is_rating(question, repeated=True):
                yield from _without_dont_know(instrument, question)
            if anonymous:
                yield from _identifying(question)


def _scales(instrument: Instrument) -> Iterator[Fault]:
    rated = {
        question.list_name
        for question in instrument.questions
        if question.type is QuestionType.SELECT_ONE and is_rating(question, repeated=False)
    }
    for name, choices in instrument.choices.items():
        if name in rated:
            yield from _scale(instrument, name, choices)
        places = [place for place, choice in enumerate(choices) if choice.dont_know]
        if len(places) > 1:
            yield _warning("several_dont_know", CHOICES, name, "dont_know", list=name)
        elif places and places[0] != len(choices) - 1:
            yield _warning("dont_know_not_last", CHOICES, name, "dont_know", list=name)


def _scale(instrument: Instrument, name: str, choices: tuple[Choice, ...]) -> Iterator[Fault]:
    """Balance and direction, judged by the words of the levels in the default language: a guess, so a warning."""
    levels = [choice for choice in choices if not choice.dont_know]
    signs = [_sign(level.label.get(instrument.default_language, "")) for level in levels]
    good, bad = signs.count(1), signs.count(-1)
    if not 2 <= len(levels) <= 11:
        yield _warning("scale_length", CHOICES, name, "list_name", list=name, levels=len(levels))
    elif bad and bad != good:
        yield _warning("scale_unbalanced", CHOICES, name, "list_name", list=name, good=good, bad=bad)
    if signs and signs[-1] == -1 and signs[0] == 1:
        yield _warning("scale_direction", CHOICES, name, "list_name", list=name)


def _sign(label: str) -> int:
    if _NEUTRAL.search(label):
        return 0
    return -1 if _NEGATIVE.search(label) else 1


def _without_dont_know(instrument: Instrument, question: Question) -> Iterator[Fault]:
    choices = instrument.choices.get(question.list_name or "", ())
    if choices and not any(choice.dont_know for choice in choices):
        yield _warning("no_dont_know", SURVEY, question.name, "type", list=question.list_name)


def _identifying(question: Question) -> Iterator[Fault]:
    asking = [language for language, words in question.label.items() if _IDENTITY.search(words)]
    if asking:
        yield Fault("asks_identity", {}, SURVEY, name=question.name, column=f"label::{asking[0]}")
    elif question.type is QuestionType.TEXT or question.or_other:
        yield _warning("free_text_anonymous", SURVEY, question.name, "type")
    elif question.type is QuestionType.DATE:
        yield _warning("date_anonymous", SURVEY, question.name, "type")


def _warning(code: str, sheet: str, name: str, place: str, /, **params: object) -> Fault:
    return Fault(code, params, sheet, name=name, column=place, severity=Severity.WARNING)
