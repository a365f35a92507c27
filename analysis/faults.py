"""Why an estimate cannot be had as asked: a code with its facts, in words of both languages."""

from __future__ import annotations

from typing import ClassVar

from analysis.messages import TEXTS
from sampling.faults import StatisticsError, Texts


class AnalysisError(StatisticsError):
    """A design or an estimate that cannot be had as asked."""

    texts: ClassVar[Texts] = TEXTS
