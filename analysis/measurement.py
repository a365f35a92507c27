"""Measurement models: which items are taken to measure which factor.

>>> measurement_model("service =~ q1 + q2 + q3; staff =~ q4 + q5 + q6")
>>> measurement_model({"service": ["q1", "q2", "q3"], "staff": ["q4", "q5", "q6"]})
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.faults import AnalysisError
from analysis.sums import Bools

SIGN = "=~"


@dataclass(frozen=True, slots=True)
class MeasurementModel:
    """Factors and the items that load on them; an item may load on several.

    One item of each factor gives it its scale: its loading is 1. Factors covary freely, residuals not at all.
    """

    factors: tuple[str, ...]
    loads: tuple[tuple[str, ...], ...]  # the items of each factor
    scale_items: tuple[str, ...] = ()  # which one gives each factor its scale; the first, if not told

    @property
    def items(self) -> tuple[str, ...]:
        """Every item once, in the order of the model."""
        return tuple(dict.fromkeys(item for items in self.loads for item in items))

    def pattern(self) -> Bools:
        """(items, factors) whether the item loads on the factor."""
        return np.array([[item in items for items in self.loads] for item in self.items])

    def markers(self) -> list[int]:
        """Place of the item that gives each factor its scale."""
        return [self.items.index(item) for item in self.scale_items or [items[0] for items in self.loads]]

    def __str__(self) -> str:
        return "\n".join(f"{name} {SIGN} {' + '.join(of)}" for name, of in zip(self.factors, self.loads, strict=True))


def measurement_model(model: str | Mapping[str, Sequence[str]] | MeasurementModel) -> MeasurementModel:
    """The model of a text as lavaan writes it, or of factors with their items.

    Lines (or what stands between semicolons) read ``factor =~ item + item``; after # comes a remark, and a line that
    ends or begins with + goes on.

    Raises
    ------
    AnalysisError : ``model_syntax`` names the line; ``factor_twice``, ``item_twice``, ``factor_is_item``;
        ``factor_too_short`` (fewer than two items).
    """
    if isinstance(model, MeasurementModel):
        return model
    parts = _parsed(model) if isinstance(model, str) else [(str(name), list(of)) for name, of in model.items()]
    if not parts:
        raise AnalysisError("model_syntax", line="")
    names = [name for name, _items in parts]
    for name, items in parts:
        if names.count(name) > 1:
            raise AnalysisError("factor_twice", factor=name)
        twice = [item for item in items if items.count(item) > 1]
        if twice:
            raise AnalysisError("item_twice", factor=name, item=twice[0])
        if len(items) < 2:
            raise AnalysisError("factor_too_short", factor=name, items=", ".join(items))
    made = MeasurementModel(tuple(names), tuple(tuple(items) for _name, items in parts))
    both = [name for name in made.factors if name in made.items]
    if both:
        raise AnalysisError("factor_is_item", factor=both[0])
    return made


def known_items(model: MeasurementModel, columns: Sequence[object]) -> tuple[str, ...]:
    """The items of the model, all of which are columns; AnalysisError names the one that is not, and its factor."""
    there = set(columns)
    for name, items in zip(model.factors, model.loads, strict=True):
        for item in items:
            if item not in there:
                known = ", ".join(map(str, columns))
                raise AnalysisError("unknown_item", item=item, factor=name, known=known)
    return model.items


def _parsed(text: str) -> list[tuple[str, list[str]]]:
    bare = "\n".join(line.partition("#")[0].rstrip() for line in text.splitlines())
    joined = re.sub(r"(\+|=~)\s*\n\s*|\s*\n\s*(?=\+)", lambda found: found[1] or " ", bare)
    lines = [line.strip() for line in re.split(r"[\n;]", joined) if line.strip()]
    return [_line(line) for line in lines]


def _line(line: str) -> tuple[str, list[str]]:
    name, sign, right = line.partition(SIGN)
    items = [item.strip() for item in right.split("+")]
    if not sign or not name.strip() or "" in items or re.search(r"[~*+]", name) or re.search(r"[~*]", right):
        raise AnalysisError("model_syntax", line=line)
    return name.strip(), items
