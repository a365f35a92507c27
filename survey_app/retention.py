"""How long personal data are kept: the settings of data/retention.yaml, each with its status and source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("data") / "retention.yaml"


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after the close, how settled that is (assumed, proposed, approved), and who says so."""

    days: int
    status: str
    source: str


@cache
def retention_of(city: str) -> Retention:
    """How long contacts of a city's rounds are kept."""
    said = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
    return Retention(**(said["cities"].get(city) or said["default"]))
