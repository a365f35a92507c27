"""Why a design, a draw or a weighting cannot be had as asked: a code with its facts, in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from sampling.messages import TEXTS

Texts = Mapping[str, tuple[str, str]]


class StatisticsError(ValueError):
    """Refused, with a ``code`` and the facts (``params``) that say where and what would be right.

    ``texts`` of the subclass holds (Vietnamese, English) sentences for its codes.
    """

    texts: ClassVar[Texts] = {}

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(self.message("en"))

    def __reduce__(self) -> Any:
        """Made again from the code and the facts: a fault met in another process travels here."""
        return partial(type(self), self.code, **self.params), ()

    def message(self, language: str = "vi") -> str:
        """The sentence in Vietnamese (``vi``) or English (``en``)."""
        vietnamese, english = self.texts[self.code]
        return (vietnamese if language == "vi" else english).format_map(self.params)


class SamplingError(StatisticsError):
    """A sample size, allocation, draw, assignment or weighting that cannot be had as asked."""

    texts: ClassVar[Texts] = TEXTS
