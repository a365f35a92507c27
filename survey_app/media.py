"""The media types of files, by the ends of their names."""

from __future__ import annotations

from pathlib import PurePath

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}


def media_type_of(name: str) -> str:
    """The media type of a file that the platform makes."""
    return MEDIA_TYPES[PurePath(name).suffix]
