"""Why an estimate cannot be had as asked: a code with its facts, in words of both languages."""

from __future__ import annotations

from typing import Any, ClassVar

from analysis.messages import TEXTS
from sampling.faults import StatisticsError, Texts


class AnalysisError(StatisticsError):
    """A design or an estimate that cannot be had as asked."""

    texts: ClassVar[Texts] = TEXTS


class PartitionError(AnalysisError):
    """A fault of one partition of the data, which is named before the sentence."""

    def __init__(self, partition: str, fault: AnalysisError) -> None:
        self.partition = partition
        self.fault = fault
        super().__init__(fault.code, **fault.params)

    def message(self, language: str = "vi") -> str:
        return f"{self.partition}: {super().message(language)}"

    def __reduce__(self) -> Any:
        return PartitionError, (self.partition, self.fault)
