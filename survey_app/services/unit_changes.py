"""What became of earlier units: the crosswalk old → new, and earlier results carried over to the units of today."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey_app.models.units import UnitChange
from survey_app.queries.units import changes_of_city, units_of_city
from survey_app.services.units import UnitsMoved

SHARES_ROUNDED = 0.005  # how far the shares of an earlier unit may be from 1, written with two or three decimals


class SharesDoNotAddUp(ValueError):
    """The shares of earlier units do not sum to 1."""

    def __init__(self, faults: dict[tuple[str, date], float]) -> None:
        self.faults = faults  # (earlier code, day) -> sum
        super().__init__(", ".join(f"{code} ({day}): {total:g}" for (code, day), total in faults.items()))


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A share of an earlier unit, by population, that a unit of today took over on a day."""

    old_code: str
    old_name: str
    new_code: str
    share: float
    effective_on: date
    old_population: int | None = None
    source_note: str = ""


@dataclass(frozen=True, slots=True)
class ChangesPlan:
    """What a crosswalk would do: the earlier units that are new to it, those whose lines it replaces, the others."""

    city: str
    lines: tuple[ChangeLine, ...]  # shares of each earlier unit sum to 1 exactly
    new: tuple[str, ...]  # earlier codes
    replaced: tuple[str, ...]
    n_unchanged: int
    digest: str

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.replaced)


def plan_changes(session: Session, city: str, lines: Sequence[ChangeLine]) -> ChangesPlan:
    """What the crosswalk would do to the one that is kept; refuses shares that do not sum to 1."""
    known = _by_unit(_kept(session, city))
    given = _by_unit(_whole(lines))
    new = tuple(code for code, day in given if (code, day) not in known)
    replaced = tuple(key[0] for key, rows in given.items() if key in known and not _same(rows, known[key]))
    return ChangesPlan(
        city=city,
        lines=tuple(line for rows in given.values() for line in rows),
        new=new,
        replaced=replaced,
        n_unchanged=len(given) - len(new) - len(replaced),
        digest=_digest(city, lines, known.values()),
    )


def apply_changes(session: Session, city: str, lines: Sequence[ChangeLine], digest: str) -> ChangesPlan:
    """Do what was shown under this digest; nothing if the crosswalk is another by now.

    All lines of an earlier unit and day are replaced together, so that its shares always sum to 1.
    """
    plan = plan_changes(session, city, lines)
    if plan.digest != digest:
        raise UnitsMoved(city)
    for code, day in _by_unit(plan.lines):
        remove_change(session, city, day, code)
    unit_ids = {code: unit.id for code, unit in units_of_city(session, city).items()}
    session.add_all(
        UnitChange(
            city=city,
            old_code=line.old_code,
            old_name=line.old_name,
            old_population=line.old_population,
            new_unit_id=unit_ids[line.new_code],
            share=line.share,
            effective_on=line.effective_on,
            source_note=line.source_note,
        )
        for line in plan.lines
    )
    session.flush()
    return plan


def remove_change(session: Session, city: str, effective_on: date, old_code: str | None = None) -> int:
    """Forget what became of an earlier unit of a city on a day, or of all of them; how many lines went."""
    due = delete(UnitChange).where(UnitChange.city == city, UnitChange.effective_on == effective_on)
    if old_code is not None:
        due = due.where(UnitChange.old_code == old_code)
    return len(session.scalars(due.returning(UnitChange.id)).all())


def _kept(session: Session, city: str) -> list[ChangeLine]:
    return [
        ChangeLine(row.old_code, row.old_name, code, row.share, row.effective_on, row.old_population, row.source_note)
        for row, code in changes_of_city(session, city)
    ]


def _by_unit(lines: Iterable[ChangeLine]) -> dict[tuple[str, date], list[ChangeLine]]:
    found: dict[tuple[str, date], list[ChangeLine]] = defaultdict(list)
    for line in lines:
        found[line.old_code, line.effective_on].append(line)
    return dict(found)


def _whole(lines: Sequence[ChangeLine]) -> list[ChangeLine]:
    """The lines with shares that sum to 1 for each earlier unit; what was lost by rounding is given back."""
    totals = {key: math.fsum(line.share for line in rows) for key, rows in _by_unit(lines).items()}
    faults = {key: total for key, total in totals.items() if abs(total - 1) > SHARES_ROUNDED}
    if faults:
        raise SharesDoNotAddUp(faults)
    return [replace(line, share=line.share / totals[line.old_code, line.effective_on]) for line in lines]


def _same(lines: Sequence[ChangeLine], known: Sequence[ChangeLine]) -> bool:
    def rounded(rows: Sequence[ChangeLine]) -> set[ChangeLine]:
        return {replace(row, share=round(row.share, 9)) for row in rows}

    return rounded(lines) == rounded(known)


def _digest(city: str, lines: Sequence[ChangeLine], known: Iterable[Sequence[ChangeLine]]) -> str:
    return hashlib.sha256(repr((city, list(lines), list(known))).encode()).hexdigest()


# --- carrying earlier results over -----------------------------------------------------------------------------------


def carry_over(values: pd.DataFrame, changes: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Earlier results as results of today's units.

    Parameters
    ----------
    values : DataFrame
        ``old_code``, ``value`` (a mean: an index, points; NaN where there was none), ``n`` (ballots behind it), and the
        columns of ``by``: one row per unit within them.
    changes : DataFrame
        ``old_code``, ``new_code``, ``share`` (of the old unit's people that went to the new one, summing to 1 per old
        unit), and if known ``old_population`` and ``effective_on``. Changes of different days are applied in the order
        of the days; a unit that is not in the crosswalk keeps its code.
    by : columns that tell apart what is carried over side by side, such as the criterion

    Returns
    -------
    DataFrame
        The columns of ``by``, ``new_code``, ``value``, ``n``, ``covered``: the part, 0 to 1, of the earlier units'
        shares behind a new unit for which there was a value.

    Notes
    -----
    The value of a new unit is the mean of the values of its parts, each counted by the people it brought: share x
    population of the old unit, or share x ballots for the whole step where a population is not known. It assumes that
    opinion was alike throughout an old unit: a part of a unit that was split has the whole unit's value. Ballots are
    divided by the shares, so that their sum stays; they are then no whole numbers. A standard error cannot be carried
    over this way.
    """
    keys = list(by)
    found = values[[*keys, "old_code", "value", "n"]].rename(columns={"old_code": "new_code"}).assign(covered=1.0)
    for _day, step in _steps(changes):
        found = _carried(found, step, keys)
    return found.sort_values([*keys, "new_code"], ignore_index=True)


def _steps(changes: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    """The crosswalk day by day; all of it at once where it has no days."""
    if changes.empty:
        return []
    if "effective_on" not in changes.columns:
        return [(None, changes)]
    return list(changes.groupby("effective_on", sort=True))


def _carried(found: pd.DataFrame, step: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The results after the changes of one day."""
    groups = [*keys, "new_code"]
    parts, due = _parts(found, step)
    merged = parts.groupby(groups)["old_code"].transform("size") > 1
    people = parts["people"] if parts.loc[merged, "people"].notna().all() else parts["n"]
    # A unit that only changed its code counts 1, so that not even the last digit of its value changes.
    people = (parts["share"] * people).where(merged, 1.0).where(parts["value"].notna(), 0.0)
    parts["part"] = people
    parts["part_value"] = people * parts["value"].fillna(0.0)
    parts["reached"] = (parts["share"] * parts["covered"]).where(parts["value"].notna(), 0.0)
    parts["n"] = parts["n"] * parts["share"]
    summed = parts.groupby(groups, sort=False)[["part", "part_value", "reached", "n"]].sum().reset_index()
    summed["value"] = summed["part_value"] / summed["part"].where(summed["part"] > 0)
    summed["covered"] = summed["reached"] / summed["new_code"].map(due)
    return summed[[*groups, "value", "n", "covered"]]


def _parts(found: pd.DataFrame, step: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """A row for each part of an earlier unit, and what the shares behind each new unit sum to, measured or not."""
    step = step[["old_code", "new_code", "share"]].assign(people=_people(step))
    parts = found.rename(columns={"new_code": "old_code"}).merge(step, on="old_code", how="left")
    kept = parts["new_code"].isna()
    parts["new_code"] = parts["new_code"].where(~kept, parts["old_code"])
    parts["share"] = parts["share"].fillna(1.0)
    there = pd.concat([step[["new_code", "share"]], parts.loc[kept, ["new_code", "share"]].drop_duplicates()])
    return parts, there.groupby("new_code")["share"].sum()


def _people(step: pd.DataFrame) -> pd.Series:
    if "old_population" in step.columns:
        return step["old_population"].astype("float64")
    return pd.Series(np.nan, index=step.index)
