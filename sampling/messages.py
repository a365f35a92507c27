"""The sentences of :class:`sampling.faults.SamplingError`: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sampling.messages_assignment import ASSIGNMENT_TEXTS
from sampling.messages_selection import FRAME_TEXTS, SELECTION_TEXTS
from sampling.messages_size import ALLOCATION_TEXTS, SIZE_TEXTS
from sampling.messages_weights import WEIGHT_TEXTS

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # any table
        "missing_column": ("thiếu cột {column}; tệp có: {known}", "column {column} is missing; there are: {known}"),
        "not_a_number": (
            "cột {column}, dòng {row}: {value!r} không phải là số",
            "column {column}, row {row}: {value!r} is not a number",
        ),
        # size
        **SIZE_TEXTS,
        # allocation
        **ALLOCATION_TEXTS,
        # selection
        **SELECTION_TEXTS,
        # frame
        **FRAME_TEXTS,
        # assignment
        **ASSIGNMENT_TEXTS,
        # weights, calibration, disposition
        **WEIGHT_TEXTS,
    }
)
