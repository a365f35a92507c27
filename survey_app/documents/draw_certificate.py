"""The certificate of a draw as a page of PDF, set by typst."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import typst


@dataclass(frozen=True, slots=True)
class Certificate:
    """What stands on the page, in the words of its language."""

    language: str
    heading: str
    title: str  # of the round
    lines: tuple[tuple[str, str], ...]
    headings: tuple[str, ...]  # of the table of strata
    strata: tuple[tuple[str, ...], ...]
    check: str  # how anybody can draw again
    command: str


def certificate_pdf(certificate: Certificate, fonts: Sequence[str] = ()) -> bytes:
    """The certificate on A4."""
    folder = resources.files("survey_app.documents").joinpath("typst")
    files: dict[str, Any] = {
        "main.typ": folder.joinpath("draw_certificate.typ").read_bytes(),
        "data.json": json.dumps(asdict(certificate)).encode(),
    }
    made: bytes = typst.compile(files, font_paths=list(map(str, fonts)), ignore_system_fonts=True, format="pdf")
    return made
