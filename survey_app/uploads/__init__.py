"""Tables that people upload: read safely, every fault named with its cell and put in words."""

from survey_app.uploads.faults import CellFault, UploadRefused
from survey_app.uploads.sheet import (
    CONTROL,
    MOJIBAKE,
    TCVN3,
    Sheet,
    heading_key,
    named,
    read_sheet,
    shown,
    tidied,
)

__all__ = [
    "CONTROL",
    "MOJIBAKE",
    "TCVN3",
    "CellFault",
    "Sheet",
    "UploadRefused",
    "heading_key",
    "named",
    "read_sheet",
    "shown",
    "tidied",
]
