"""The questionnaires that come with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from instruments.model import Instrument
from instruments.xlsform import read_instrument


def catalogue() -> dict[str, Path]:
    """The files of the catalogue by form_id, which is the name of the file."""
    folder = Path(str(files("instruments") / "catalogue"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


@cache
def load_catalogue(form_id: str) -> Instrument:
    """One questionnaire of the catalogue; the same object at every call.

    Raises
    ------
    KeyError
        If the catalogue has no such form.
    """
    return read_instrument(catalogue()[form_id])
