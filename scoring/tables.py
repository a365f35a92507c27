"""Ratings and component values from tables of text: every cell checked, all faults by row and column, nothing guessed.

Row numbers are those of the file: the header is row 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from scoring.drawn import DESIGN_COLUMNS, WEIGHT
from scoring.faults import Fault, TableError
from scoring.method import Kind, ScoringMethod
from scoring.values import Item, Ratings

RATING_COLUMNS = ("respondent", "group", "unit", "criterion", "question", "answer")
INVITED_COLUMNS = ("group", "unit", "invited")
COMPONENT_COLUMNS = ("unit", "component", "value")
FIRST_ROW = 2


def is_ratings(table: pd.DataFrame) -> bool:
    """Whether the header is that of a ratings file."""
    return set(RATING_COLUMNS) <= set(table.columns)


def is_components(table: pd.DataFrame) -> bool:
    """Whether the header is that of a file of component values."""
    return set(COMPONENT_COLUMNS) <= set(table.columns)


def ratings_from(table: pd.DataFrame, method: ScoringMethod) -> Ratings:
    """Ratings from long rows ``respondent, group, unit, criterion, question, answer[, scale]``.

    Columns ``calibrated_weight``, ``stratum``, ``psu``, if there are any, are those of the respondent.

    An answer is a choice name of its scale (a choice list with a percent table in the method; without a scale column,
    the one the method names), or one of the method's names for "don't know". Raises TableError with every fault.
    """
    rows = table.assign(scale=_scales(table, method))
    rows["answer"] = _plain_numbers(rows["answer"])
    faults = [*_rating_faults(rows, method), *_consistency_faults(rows), *_design_faults(rows)]
    if faults:
        raise TableError(sorted(faults, key=_row_of))
    rows["answer"] = rows["answer"].where(rows["answer"] != "")
    wide = rows.pivot(index=["respondent", "group", "unit"], columns="question", values="answer").reset_index()
    wide = wide.join(_design(rows), on="respondent")
    frame = wide.rename(columns={"group": "respondent_group"}).rename_axis(columns=None)
    frame.insert(0, "ballot", pd.factorize(frame.pop("respondent"), sort=True)[0])
    return Ratings(frame, _items(rows, method))


def _design(rows: pd.DataFrame) -> pd.DataFrame:
    """The sample design of each respondent, as far as the file has it."""
    design = rows.drop_duplicates("respondent").set_index("respondent")[_design_columns(rows)]
    return design.assign(**{WEIGHT: pd.to_numeric(design[WEIGHT])}) if WEIGHT in design else design


def _design_columns(rows: pd.DataFrame) -> list[str]:
    return [name for name in DESIGN_COLUMNS if name in rows]


def _row_of(fault: Fault) -> int:
    return int(fault.path.split(",")[0].split()[-1])


def _scales(table: pd.DataFrame, method: ScoringMethod) -> pd.Series:
    """The scale of every row; blank cells take the method's."""
    default = method.answers.file_scale if method.answers is not None else ""
    if "scale" not in table:
        return pd.Series(default, index=table.index)
    return table["scale"].where(table["scale"] != "", default)


def _plain_numbers(answers: pd.Series) -> pd.Series:
    """Numbers without a decimal tail: '4.0' is the choice '4'."""
    return answers.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)


def _place(row: int, column: str) -> str:
    return f"row {row + FIRST_ROW}, column {column}"


def _blank_faults(table: pd.DataFrame, columns: Sequence[str]) -> Iterator[Fault]:
    for column in columns:
        for row in _where(table[column] == ""):
            yield Fault(_place(row, column), "blank", {"expected": column})


def _where(mask: pd.Series) -> list[int]:
    """Positions of the True values."""
    return [int(place) for place in mask.to_numpy().nonzero()[0]]


def _unknown_faults(values: pd.Series, known: Sequence[str], column: str, code: str) -> Iterator[Fault]:
    """Values, blanks apart, that are none of the known ones."""
    for row in _where(~values.isin([*known, ""])):
        yield Fault(_place(row, column), code, {"value": values.iloc[row], "known": ", ".join(known)})


def _rating_faults(rows: pd.DataFrame, method: ScoringMethod) -> Iterator[Fault]:
    yield from _blank_faults(rows, RATING_COLUMNS[:-1])
    yield from _unknown_faults(rows["group"], method.respondent_groups, "group", "unknown_value")
    codes = [leaf.code for leaf in method.rated]
    yield from _unknown_faults(rows["criterion"], codes, "criterion", "unknown_value")
    yield from _unknown_faults(rows["scale"], list(method.fractions), "scale", "unknown_scale")
    for row in _where((rows["scale"] == "") & (rows["answer"] != "")):
        yield Fault(_place(row, "scale"), "blank", {"expected": ", ".join(method.fractions) or "scale"})
    for scale, table in method.fractions.items():
        names = [*table.fractions, *_dont_know_names(method)]
        answers = rows["answer"].where(rows["scale"] == scale, "")
        for fault in _unknown_faults(answers, names, "answer", "unknown_answer"):
            yield Fault(fault.path, fault.code, {**fault.params, "scale": scale})


def _dont_know_names(method: ScoringMethod) -> tuple[str, ...]:
    return method.dont_know.names if method.dont_know is not None else ()


def _consistency_faults(rows: pd.DataFrame) -> Iterator[Fault]:
    """A rating given twice, a question with two meanings, a respondent in two groups."""
    rating = ["respondent", "unit", "question"]
    for row, first in _repeats(rows, rating):
        value = ", ".join(rows[rating].iloc[row])
        yield Fault(_place(row, "question"), "repeated", {"value": value, "first": first + FIRST_ROW})
    for column in ("criterion", "scale"):
        for row, first in _differing(rows, ["question", "group"], column):
            params = {"value": rows[column].iloc[row], "first": first + FIRST_ROW}
            yield Fault(_place(row, column), "two_meanings", params)
    for row, first in _differing(rows, ["respondent"], "group"):
        params = {"value": rows["respondent"].iloc[row], "first": first + FIRST_ROW}
        yield Fault(_place(row, "respondent"), "two_groups", params)


def _design_faults(rows: pd.DataFrame) -> Iterator[Fault]:
    """Weights that are not above zero, blanks, a respondent with two weights or in two places of the design."""
    columns = _design_columns(rows)
    yield from _blank_faults(rows, columns)
    for column in columns:
        for row, first in _differing(rows, ["respondent"], column):
            params = {"value": rows[column].iloc[row], "first": first + FIRST_ROW}
            yield Fault(_place(row, column), "two_designs", params)
    if WEIGHT in columns:
        numbers = pd.to_numeric(rows[WEIGHT], errors="coerce")
        for row in _where(~((numbers > 0) & (numbers < float("inf"))) & (rows[WEIGHT] != "")):
            yield Fault(_place(row, WEIGHT), "not_positive", {"value": rows[WEIGHT].iloc[row]})


def _repeats(table: pd.DataFrame, keys: list[str]) -> Iterator[tuple[int, int]]:
    """Rows whose keys stood before, with the first row that has them."""
    first = _first_rows(table, keys)
    for row in _where(table.duplicated(keys)):
        yield row, int(first.iloc[row])


def _differing(table: pd.DataFrame, keys: list[str], column: str) -> Iterator[tuple[int, int]]:
    """Rows whose column differs from that of the first row with the same keys, with that row."""
    first = _first_rows(table, keys)
    values = table[column].to_numpy()
    for row in _where(pd.Series(values != values[first.to_numpy()])):
        yield row, int(first.iloc[row])


def _first_rows(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """For each row the position of the first row with the same keys."""
    place = pd.Series(range(len(table)), index=table.index)
    return place.groupby([table[key] for key in keys]).transform("min")


def _items(rows: pd.DataFrame, method: ScoringMethod) -> tuple[Item, ...]:
    """The questions of the file; each is taken as counted, whatever its kind."""
    measure = method.answers.measures[0] if method.answers is not None else ""
    keys = rows[["question", "group", "criterion", "scale"]].drop_duplicates()
    return tuple(
        Item(
            question=question,
            respondent_group=group,
            criterion=criterion,
            measure=measure,
            list_name=scale,
            levels=_levels(method, scale),
            dont_know=_dont_know_names(method),
        )
        for question, group, criterion, scale in keys.itertuples(index=False)
    )


def _levels(method: ScoringMethod, scale: str) -> tuple[str, ...]:
    """Choice names of a scale, worst to best by their fractions."""
    fractions = method.fractions[scale].fractions
    return tuple(sorted(fractions, key=lambda name: fractions[name]))


def components_from(table: pd.DataFrame, method: ScoringMethod) -> pd.DataFrame:
    """Component values from long rows ``unit, component, value[, block][, se]``.

    Returns ``unit, component, value`` (float; NaN: blank, does not apply) with ``block`` and ``se`` if the file has
    them. Raises TableError with every fault by row and column.
    """
    return components_named(table, component_names(method))


def components_named(table: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    """The same for the names of components that are known."""
    keys = ["block", "unit", "component"] if "block" in table else ["unit", "component"]
    faults = [*_blank_faults(table, keys), *_number_faults(table, "value")]
    faults += _unknown_faults(table["component"], known, "component", "unknown_value")
    if "se" in table:
        faults += _number_faults(table, "se")
    for row, first in _repeats(table, keys):
        value = ", ".join(table[keys].iloc[row])
        faults.append(Fault(_place(row, "component"), "repeated", {"value": value, "first": first + FIRST_ROW}))
    if faults:
        raise TableError(sorted(faults, key=_row_of))
    numbers = {name: pd.to_numeric(table[name]) for name in ("value", "se") if name in table}
    return table[keys].assign(**numbers)


def component_names(method: ScoringMethod) -> list[str]:
    """Names that the method reads: component criteria, bonus and penalty columns."""
    changes = method.adjustments
    extra = [*changes.bonus, *changes.penalty] if changes is not None else []
    return [leaf.component for leaf in method.components] + extra


def _number_faults(table: pd.DataFrame, column: str) -> Iterator[Fault]:
    numbers = pd.to_numeric(table[column], errors="coerce").abs()
    for row in _where((numbers.isna() | (numbers == float("inf"))) & (table[column] != "")):
        yield Fault(_place(row, column), "not_a_number", {"value": table[column].iloc[row]})


def components_from_wide(
    table: pd.DataFrame, method: ScoringMethod, *, unit_column: str, group_by: str = ""
) -> pd.DataFrame:
    """Component values from a published table: a row per unit (and block), a column per component.

    Other columns are ignored. Raises TableError with every fault by row and column.
    """
    keys = [unit_column, *([group_by] if group_by else [])]
    names = [name for name in component_names(method) if name in table]
    needed = [*keys, *(leaf.component for leaf in method.components)]
    faults = [
        Fault(f"column {name}", "missing_column", {"expected": ", ".join(needed)})
        for name in needed
        if name not in table
    ]
    if faults:
        raise TableError(faults)
    faults = [*_blank_faults(table, keys), *(f for name in names for f in _number_faults(table, name))]
    for row, first in _repeats(table, keys):
        value = ", ".join(table[keys].iloc[row])
        faults.append(Fault(_place(row, unit_column), "repeated", {"value": value, "first": first + FIRST_ROW}))
    if faults:
        raise TableError(sorted(faults, key=_row_of))
    long = table.melt(id_vars=keys, value_vars=names, var_name="component", value_name="value")
    long["value"] = pd.to_numeric(long["value"])
    return long.rename(columns={unit_column: "unit", group_by: "block"})


def invited_from(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    """People invited to rate, by (group, unit), from a list with the columns ``group, unit, invited``."""
    lacking = [name for name in INVITED_COLUMNS if name not in table]
    if lacking:
        raise TableError([Fault("invited", "missing_column", {"expected": ", ".join(INVITED_COLUMNS)})])
    faults = _blank_faults(table, INVITED_COLUMNS)
    counts = pd.to_numeric(table["invited"], errors="coerce")
    wrong = [
        Fault(_place(row, "invited"), "not_a_count", {"value": table["invited"].iloc[row]})
        for row in _where(~((counts > 0) & (counts % 1 == 0)) & (table["invited"] != ""))
    ]
    twice = [
        Fault(
            _place(row, "unit"),
            "repeated",
            {"value": ", ".join(table[["group", "unit"]].iloc[row]), "first": first + FIRST_ROW},
        )
        for row, first in _repeats(table, ["group", "unit"])
    ]
    if found := [*faults, *wrong, *twice]:
        raise TableError(sorted(found, key=_row_of))
    return {key: int(count) for key, count in zip(zip(table["group"], table["unit"], strict=True), counts, strict=True)}


def blocks_from(table: pd.DataFrame) -> dict[str, str]:
    """Unit -> ranking block from a list of units with the columns ``unit`` or ``unit_code``, and ``block``."""
    key = "unit" if "unit" in table else "unit_code"
    if key not in table or "block" not in table:
        raise TableError([Fault("blocks", "missing_column", {"expected": "unit (unit_code), block"})])
    faults = [*_blank_faults(table, [key, "block"])]
    for row, first in _repeats(table, [key]):
        params = {"value": table[key].iloc[row], "first": first + FIRST_ROW}
        faults.append(Fault(_place(row, key), "repeated", params))
    if faults:
        raise TableError(sorted(faults, key=_row_of))
    return dict(zip(table[key], table["block"], strict=True))


def wants_ratings(method: ScoringMethod) -> bool:
    """Whether the method scores ratings (else component values)."""
    return method.kind is not Kind.COMPOSITE
