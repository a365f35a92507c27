"""The only module of this package that opens files."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scoring.checking import rule_faults
from scoring.faults import Fault, MethodError, TableError
from scoring.method import ScoringMethod
from scoring.parsing import method_from

SHIPPED = Path(__file__).parent / "methods"


def methods() -> dict[str, Path]:
    """The methods that come with the product: id -> file."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def load_method(path: Path) -> ScoringMethod:
    """The scoring method of a YAML file; raises MethodError with every fault by its path and remedy."""
    return parse_method(path.read_text(encoding="utf-8"))


def parse_method(text: str) -> ScoringMethod:
    """The scoring method in a YAML text, such as the one that was stored with a round."""
    raw = _yaml(text)
    method, faults = method_from(raw)
    faults += rule_faults(method)
    if faults:
        raise MethodError(faults)
    return method


def _yaml(text: str) -> object:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except RecursionError as problem:
        raise MethodError([Fault("(file)", "not_yaml", {"problem": "brackets within brackets, too deep"})]) from problem
    except YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark is not None else "(file)"
        what = getattr(problem, "problem", None) or str(problem)
        raise MethodError([Fault(place, "not_yaml", {"problem": what})]) from problem


def load_table(path: Path) -> pd.DataFrame:
    """A CSV file as text, cell by cell: nothing is guessed, '007' stays '007' and an empty cell is ''.

    Comma or semicolon separates, whichever the header has more of. Raises TableError if it is no CSV file in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        header = text.partition("\n")[0]
        separator = ";" if header.count(";") > header.count(",") else ","
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise TableError([Fault(path.name, "not_csv", {"problem": str(problem).strip()})]) from problem
    stripped: pd.DataFrame = table.rename(columns=str.strip).apply(lambda column: column.str.strip())
    return stripped
