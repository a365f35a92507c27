"""What a person typed, read as a value: strictly, in the ways Vietnamese people write numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from instruments.compiled import Asked
from instruments.functions import number_to_string
from instruments.model import Question, QuestionType
from instruments.rows import clean

TEXT_LIMIT = 2000
OTHER_LIMIT = 200

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,15}(?:[.,][0-9]{0,15})?|[.,][0-9]{1,15})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LOCAL_DATE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


class RefusedError(ValueError):
    """An answer that cannot be taken; ``code`` and ``params`` say why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params: Mapping[str, object] = params
        super().__init__(code)


def read_value(asked: Asked, posted: Sequence[str], offered: Collection[str]) -> Any:
    """The value of the posted texts; None if nothing was answered.

    Raises
    ------
    RefusedError
        If something was typed that is no answer to the question.
    """
    given = [text for text in posted if text and not text.isspace()]
    if not given:
        return None
    kind = asked.question.type
    if kind is QuestionType.SELECT_MULTIPLE:
        return _several(asked, given, offered)
    if len(given) > 1:
        raise RefusedError("one_answer_only")
    if kind is QuestionType.SELECT_ONE:
        return _one(given[0], offered)
    if kind is QuestionType.RANGE:
        return _in_range(asked.question, read_decimal(given[0]))
    return _READERS[kind](given[0])


def read_other(posted: Sequence[str]) -> str | None:
    """The words under "other"."""
    return _limited(" ".join(posted), OTHER_LIMIT)


def as_posted(value: Any) -> list[str]:
    """A stored value as a form would post it; reading it gives the value again."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    if isinstance(value, int | float):
        return [number_to_string(float(value))]
    return []


def _one(name: str, offered: Collection[str]) -> str:
    if name not in offered:
        raise RefusedError("unknown_choice")
    return name


def _several(asked: Asked, given: list[str], offered: Collection[str]) -> list[str]:
    if any(name not in offered for name in given):
        raise RefusedError("unknown_choice")
    alone = asked.dont_know.intersection(given)
    if alone and len(set(given)) > 1:
        choice = next(choice for choice in asked.choices if choice.name in alone)
        raise RefusedError("dont_know_alone", choice=choice.label)
    order = asked.order or {name: place for place, name in enumerate(offered)}
    return sorted(set(given), key=order.__getitem__)


def read_integer(text: str) -> int:
    """A whole number of at most 15 digits."""
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        raise RefusedError("not_an_integer")
    return int(text)


def read_decimal(text: str) -> int | float:
    """A number with a decimal comma or point; signs that group thousands are refused, they could mean either."""
    text = text.strip()
    if not _DECIMAL.fullmatch(text):
        raise RefusedError("not_a_decimal")
    number = float(text.replace(",", ".")) + 0.0  # no negative zero
    return int(number) if number.is_integer() else number


def _in_range(question: Question, number: int | float) -> int | float:
    start, end, step = question.start, question.end, question.step
    limits = {"start": _shown(start), "end": _shown(end), "step": _shown(step)}
    if (start is not None and number < start) or (end is not None and number > end):
        raise RefusedError("out_of_range", **limits)
    if step:
        steps = (number - (start or 0)) / step
        if abs(steps - round(steps)) > 1e-9:
            raise RefusedError("not_on_step", **limits)
    return number


def _shown(number: float | None) -> str:
    return "" if number is None else number_to_string(number)


def read_text(text: str) -> str | None:
    """Free text, cleaned."""
    return _limited(text, TEXT_LIMIT)


def _limited(text: str, most: int) -> str | None:
    text = clean(text)
    if len(text) > most:
        raise RefusedError("text_too_long", length=len(text), max=most)
    return text or None


def read_date(text: str) -> str:
    """A date as YYYY-MM-DD, typed so or as dd/mm/yyyy."""
    text = text.strip()
    iso, local = _ISO_DATE.fullmatch(text), _LOCAL_DATE.fullmatch(text)
    if iso:
        year, month, day = iso.groups()
    elif local:
        day, month, year = local.groups()
    else:
        raise RefusedError("not_a_date")
    try:
        found = date(int(year), int(month), int(day))
    except ValueError as error:
        raise RefusedError("not_a_date") from error
    if found.year < 1000:
        raise RefusedError("not_a_date")
    return found.isoformat()


_READERS: Mapping[QuestionType, Callable[[str], Any]] = {
    QuestionType.INTEGER: read_integer,
    QuestionType.DECIMAL: read_decimal,
    QuestionType.TEXT: read_text,
    QuestionType.DATE: read_date,
}
