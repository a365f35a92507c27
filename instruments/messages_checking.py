"""The words of the faults that checking finds in a questionnaire that could be read."""

from __future__ import annotations

from collections.abc import Mapping

CHECKING_MESSAGES: Mapping[str, Mapping[str, str]] = {}
