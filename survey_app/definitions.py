"""Round definitions: the YAML files that say what a round asks, of whom, about which units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from instruments import loading as instrument_loading
from instruments.xlsform import dump_yaml, read_instrument
from survey_app.models.rounds import Mode, RatingScope
from survey_app.services.rounds import GroupPlan, RoundPlan

UNIT_COLUMNS = ("unit_code", "name", "unit_type", "block", "source_note")
TEXTS = ("title", "asked_by", "contact", "legal_basis", "results_when")


class DefinitionError(ValueError):
    """A definition file is wrong; the message lists every fault with its place and what would be right."""


def shipped_rounds() -> dict[str, Path]:
    """The round definitions that come with the platform, by code."""
    folder = Path(str(resources.files("survey_app") / "data" / "rounds"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def shipped_units() -> dict[str, Path]:
    """The unit lists that come with the platform, by city."""
    folder = Path(str(resources.files("survey_app") / "data" / "units"))
    return {path.stem.rpartition("_")[0]: path for path in sorted(folder.glob("*.csv"))}


def read_units(path: Path) -> pd.DataFrame:
    """A list of units, every column as text: the leading zeros of a code are part of it."""
    units = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [column for column in UNIT_COLUMNS if column not in units.columns]
    if missing:
        raise DefinitionError(f"{path}: row 1: missing columns {', '.join(missing)}; needed: {', '.join(UNIT_COLUMNS)}")
    faults = [
        f"row {i + 2}, column {c}: empty" for c in UNIT_COLUMNS[:4] for i in units.index[units[c].str.strip() == ""]
    ]
    twice = units["unit_code"].duplicated(keep=False)
    faults += [f"row {i + 2}, column unit_code: {units.at[i, 'unit_code']} stands twice" for i in units.index[twice]]
    if faults:
        raise DefinitionError("\n".join(f"{path}: {fault}" for fault in faults))
    return units


def read_round_plan(path: Path) -> RoundPlan:
    """A round definition with the text of its questionnaires."""
    raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    faults = _round_faults(raw)
    if faults:
        raise DefinitionError("\n".join(f"{path}: {fault}" for fault in faults))
    groups = tuple(_group(group, path.parent) for group in raw.pop("groups"))
    lists = {name: tuple(raw.pop(name)) for name in ("blocks", "methods")}
    return RoundPlan(**raw, **lists, groups=groups)


def _round_faults(raw: Any) -> list[str]:
    if not isinstance(raw, Mapping):
        return ["a round definition is a mapping of names to values"]
    faults = [*_key_faults("", raw, RoundPlan), *_text_faults("", raw, TEXTS)]
    for name in ("opens_on", "closes_on"):
        if name in raw and not isinstance(raw[name], date):
            faults.append(f"{name}: {raw[name]!r} is not a date; write it as 2026-11-01")
    for number, group in enumerate(raw.get("groups") or []):
        faults += _group_faults(f"groups[{number}].", group)
    return faults


def _group_faults(place: str, group: Any) -> list[str]:
    if not isinstance(group, Mapping):
        return [f"{place[:-1]}: a group is a mapping of names to values"]
    faults = [*_key_faults(place, group, GroupPlan), *_text_faults(place, group, ("title",))]
    for name, known in (("mode", Mode), ("rating_scope", RatingScope)):
        if name in group and group[name] not in list(known):
            faults.append(f"{place}{name}: {group[name]!r} is not one of {', '.join(known)}")
    return faults


def _key_faults(place: str, raw: Mapping[str, Any], plan: type) -> list[str]:
    known = {field.name: field.default is MISSING for field in fields(plan)}
    faults = [f"{place}{name}: unknown; known are {', '.join(known)}" for name in raw if name not in known]
    return faults + [f"{place}{name}: missing" for name, needed in known.items() if needed and name not in raw]


def _text_faults(place: str, raw: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """Texts that do not have words in both languages."""
    wrong = [name for name in names if name in raw and not _is_text(raw[name])]
    return [f"{place}{name}: needs the words in both languages, as {{vi: …, en: …}}" for name in wrong]


def _is_text(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(code), str) for code in ("vi", "en"))


def _group(raw: dict[str, Any], folder: Path) -> GroupPlan:
    raw = raw | {"mode": Mode(raw["mode"]), "rating_scope": RatingScope(raw["rating_scope"])}
    return GroupPlan(**raw | {"instrument": _instrument_text(raw["instrument"], folder)})


def _instrument_text(named: str, folder: Path) -> str:
    """The YAML of a questionnaire: a name in the catalogue, or a .yaml or .xlsx file beside the definition."""
    catalogue = instrument_loading.catalogue()
    path = catalogue.get(named) or folder / named
    if not path.exists():
        raise DefinitionError(f"instrument {named!r}: neither a file nor in the catalogue ({', '.join(catalogue)})")
    return path.read_text(encoding="utf-8") if path.suffix == ".yaml" else dump_yaml(read_instrument(path))
