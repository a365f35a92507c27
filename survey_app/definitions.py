"""Round definitions: the YAML files that say what a round asks, of whom, about which units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from instruments import loading as instrument_loading
from instruments.xlsform import dump_yaml, read_instrument
from scoring.loading import methods
from survey_app.models.rounds import Mode, Purpose, RatingScope
from survey_app.services.milestones import MilestonePlan
from survey_app.services.rounds import GroupPlan, RoundPlan

UNIT_COLUMNS = ("unit_code", "name", "unit_type", "block", "source_note")
LISTS = ("blocks", "methods")
TEXTS = ("title", "asked_by", "contact", "legal_basis", "results_when")
MILESTONE_TEXTS = ("title", "responsible", "product", "due_words")


class DefinitionError(ValueError):
    """A definition file is wrong; the message lists every fault with its place and what would be right."""


def shipped_rounds() -> dict[str, Path]:
    """The round definitions that come with the platform, by code."""
    return {path.stem: path for path in sorted(shipped_rounds_folder().glob("*.yaml"))}


def shipped_rounds_folder() -> Path:
    """Where the round definitions lie, with the lists of milestones that they name."""
    return Path(str(resources.files("survey_app") / "data" / "rounds"))


def shipped_units() -> dict[str, Path]:
    """The unit lists that come with the platform, by city."""
    folder = Path(str(resources.files("survey_app") / "data" / "units"))
    return {path.stem.rpartition("_")[0]: path for path in sorted(folder.glob("*.csv"))}


def read_units(path: Path) -> pd.DataFrame:
    """A list of units, every column as text: the leading zeros of a code are part of it."""
    try:
        units = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DefinitionError(f"{path}: no CSV file in UTF-8 with as many cells in every row: {error}") from error
    units = units.fillna("")  # cells that a short row does not have
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
    raw = _with_milestones(_yaml(path), path.parent)
    faults = _round_faults(raw, path.parent)
    if faults:
        raise DefinitionError("\n".join(f"{path}: {fault}" for fault in faults))
    groups = tuple(_group(group, path.parent) for group in raw.pop("groups"))
    chosen = [_method_path(name, path.parent) for name in raw.pop("methods")]
    texts = tuple(found.read_text(encoding="utf-8") for found in chosen if found)
    milestones = tuple(MilestonePlan(**milestone) for milestone in raw.pop("milestones", ()))
    return RoundPlan(**raw | {"blocks": tuple(raw["blocks"])}, methods=texts, groups=groups, milestones=milestones)


def _with_milestones(raw: Any, folder: Path) -> Any:
    """The definition with its milestones: a list, the name of one that comes with the platform, or of a file."""
    named = raw.get("milestones") if isinstance(raw, Mapping) else None
    if not isinstance(named, str):
        return raw
    shipped = shipped_rounds_folder() / "milestones" / f"{named}.yaml"
    return raw | {"milestones": _yaml(shipped if shipped.is_file() else folder / named)}


def _method_path(named: str, folder: Path) -> Path | None:
    """A scoring method by its name among the shipped ones, or a file beside the definition."""
    path = methods().get(named) or folder / named
    return path if path.is_file() else None


def _yaml(path: Path) -> Any:
    if not path.is_file():
        known = ", ".join(shipped_rounds())
        raise DefinitionError(f"{path}: there is no such file, and none of this name comes with the platform ({known})")
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path}: no YAML in UTF-8: {' '.join(str(error).split())}") from error


def _round_faults(raw: Any, folder: Path) -> list[str]:
    if not isinstance(raw, Mapping):
        return ["a round definition is a mapping of names to values"]
    faults = [*_key_faults("", raw, RoundPlan), *_text_faults("", raw, TEXTS), *_value_faults(raw, folder)]
    faults += _milestone_faults(raw.get("milestones", []))
    groups = raw.get("groups", [])
    if not isinstance(groups, list) or not groups:
        return [*faults, "groups: needs at least one group, each as a mapping of names to values"]
    for number, group in enumerate(groups):
        faults += _group_faults(f"groups[{number}].", group, folder)
    codes = [str(group.get("code")) for group in groups if isinstance(group, Mapping)]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    return faults + [f"groups: the code {code} stands twice" for code in twice]


def _value_faults(raw: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """What is wrong with the values of a round that are no words."""
    if "code" in raw and not (isinstance(raw["code"], str) and re.fullmatch(r"\w[\w.-]*", raw["code"])):
        yield f"code: {raw['code']!r} has more than letters, digits, '-', '_' and '.'"
    days = [raw[name] for name in ("opens_on", "closes_on") if name in raw]
    for name in ("opens_on", "closes_on"):
        if name in raw and not _is_day(raw[name]):
            yield f"{name}: {raw[name]!r} is not a date; write it as 2026-11-01"
    if len(days) == 2 and all(map(_is_day, days)) and days[0] > days[1]:
        yield f"closes_on: {days[1]} lies before opens_on, {days[0]}"
    for name in LISTS:
        if name in raw and not (isinstance(raw[name], list) and all(isinstance(one, str) for one in raw[name])):
            yield f"{name}: {raw[name]!r} is not a list; write it as [{raw[name]}]"
    if "min_cell" in raw and not (type(raw["min_cell"]) is int and raw["min_cell"] >= 2):
        yield f"min_cell: {raw['min_cell']!r} is not a whole number of at least 2"
    if raw.get("purpose", Purpose.REAL) not in list(Purpose):
        yield f"purpose: {raw['purpose']!r} is not one of {', '.join(Purpose)}"
    named = raw.get("methods")
    for method in named if isinstance(named, list) else ():
        if _method_path(str(method), folder) is None:
            yield f"methods: {method!r} is neither a file nor one of {', '.join(methods())}"


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _group_faults(place: str, group: Any, folder: Path) -> list[str]:
    if not isinstance(group, Mapping):
        return [f"{place[:-1]}: a group is a mapping of names to values"]
    faults = [*_key_faults(place, group, GroupPlan), *_text_faults(place, group, ("title",))]
    for name, known in (("mode", Mode), ("rating_scope", RatingScope)):
        if name in group and group[name] not in list(known):
            faults.append(f"{place}{name}: {group[name]!r} is not one of {', '.join(known)}")
    if group.get("mode") == Mode.PERSONAL_LINK and group.get("rating_scope") == RatingScope.CHOSEN:
        faults.append(f"{place}rating_scope: people with personal links do not choose their units; that names them")
    size = group.get("booklet_size", 0)
    if type(size) is not int or size < (group.get("rating_scope") == RatingScope.BOOKLET):
        faults.append(f"{place}booklet_size: {size!r} is not the number of units in a booklet")
    if type(group.get("anonymous", True)) is not bool:
        faults.append(f"{place}anonymous: {group['anonymous']!r} is neither yes nor no")
    target = group.get("target_ballots")
    if target is not None and (type(target) is not int or target < 1):
        faults.append(f"{place}target_ballots: {target!r} is not a number of ballots")
    named = group.get("instrument")
    if named is not None and _instrument_path(str(named), folder) is None:
        known_forms = ", ".join(instrument_loading.catalogue())
        faults.append(f"{place}instrument: {named!r} is neither a file nor in the catalogue ({known_forms})")
    return faults


def _milestone_faults(milestones: Any) -> list[str]:
    if not isinstance(milestones, list):
        return [f"milestones: {milestones!r} is neither a list nor the name of a file with one"]
    faults = []
    for number, milestone in enumerate(milestones):
        place = f"milestones[{number}]."
        if not isinstance(milestone, Mapping):
            faults.append(f"{place[:-1]}: a milestone is a mapping of names to values")
            continue
        faults += [*_key_faults(place, milestone, MilestonePlan), *_text_faults(place, milestone, MILESTONE_TEXTS)]
        if "due_on" in milestone and not _is_day(milestone["due_on"]):
            faults.append(f"{place}due_on: {milestone['due_on']!r} is not a date; write it as 2026-11-01")
        if "after" in milestone and milestone["after"] not in range(1, number + 1):
            faults.append(f"{place}after: {milestone['after']!r} is not the number of a milestone before it, from 1")
        if type(milestone.get("working_days", 0)) is not int:
            faults.append(f"{place}working_days: {milestone['working_days']!r} is not a whole number")
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


def _instrument_path(named: str, folder: Path) -> Path | None:
    """A name in the catalogue, or a .yaml or .xlsx file beside the definition."""
    path = instrument_loading.catalogue().get(named) or folder / named
    return path if path.is_file() else None


def _instrument_text(named: str, folder: Path) -> str:
    """The YAML of a questionnaire."""
    path = _instrument_path(named, folder)
    if path is None:
        raise DefinitionError(f"instrument {named!r}: it was there a moment ago")
    return path.read_text(encoding="utf-8") if path.suffix == ".yaml" else dump_yaml(read_instrument(path))
