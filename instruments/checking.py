"""Whether a questionnaire that could be read is sound: names, lists, translations, expressions, anonymity, craft."""

from __future__ import annotations

from collections.abc import Iterable

from instruments.building import build
from instruments.checking_craft import craft
from instruments.checking_expressions import expressions
from instruments.checking_structure import structure
from instruments.faults import Fault, located
from instruments.model import Instrument
from instruments.rows import SURVEY, Document

__all__ = ["check", "check_document"]

_UNREADABLE = {"yaml_syntax", "not_a_workbook"}


def check(instrument: Instrument, *, anonymous: bool, n_units: int = 1) -> tuple[Fault, ...]:
    """All that is wrong or doubtful, in the order of the form's sheets.

    Parameters
    ----------
    anonymous
        The form is for a group that was promised anonymity.
    n_units
        The most units that one person rates.
    """
    return (
        *structure(instrument),
        *expressions(instrument),
        *craft(instrument, anonymous=anonymous, n_units=n_units),
    )


def check_document(document: Document, *, anonymous: bool, n_units: int = 1) -> tuple[Fault, ...]:
    """Everything wrong with a file at once: what could not be read, and what is unsound in the rest."""
    built = build(document)
    if any(fault.code in _UNREADABLE for fault in built.faults):
        return tuple(fault for fault in built.faults if fault.code in _UNREADABLE)
    places = document.places
    found = (located(fault, places) for fault in check(built.instrument, anonymous=anonymous, n_units=n_units))
    return _in_order([*built.faults, *_not_implied(found, built.faults)])


def _not_implied(found: Iterable[Fault], read: tuple[Fault, ...]) -> list[Fault]:
    """Without what only repeats a fault of reading: a refused row has no sound content to check."""
    refused = {(fault.sheet, fault.name) for fault in read}
    settings = {fault.column for fault in read if fault.code == "missing_setting"}
    lists = {fault.params.get("list") for fault in read if fault.code == "empty_list"}
    return [
        fault
        for fault in found
        if (fault.sheet, fault.name) not in refused
        and not (fault.sheet == SURVEY and not fault.name)
        and fault.column not in settings
        and not (fault.params.get("list") in lists and fault.params.get("list"))
    ]


def _in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """Errors and warnings as they come in the file; what has no row last."""
    sheets = {"settings": 0, "choices": 1, "survey": 2}
    return tuple(sorted(faults, key=lambda fault: (sheets.get(fault.sheet, 3), fault.row or 10**9)))
