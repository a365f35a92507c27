"""Telephone numbers and e-mail addresses of whole columns in one spelling; which of them nobody could reach.

Ordinary cells are read by patterns over the column; only odd ones, each once, by the libraries that know all rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import phonenumbers
from email_validator import EmailNotValidError, validate_email

Bools = npt.NDArray[np.bool_]

SECOND_NUMBER = r"\s*[;,/].*$"  # one of two numbers in a cell is enough
ABROAD = r"^(?:\+84|0084|84(?=\d{9}$))"
MOBILE = r"0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}"
EMAIL = r"[a-z0-9](?:\.?[a-z0-9_+-])*@(?:[a-z0-9](?:-?[a-z0-9])*\.)+[a-z]{2,}"
RESERVED = r"\.(?:test|example|invalid|localhost|local)$"  # no mail ever goes there


def readable_phones(column: pd.Series) -> tuple[pd.Series, Bools]:
    """The numbers as they are dialled in Việt Nam, and which could not be read; those stay as they stand."""
    cells = column.str.strip()
    digits = cells.str.replace(SECOND_NUMBER, "", regex=True).str.replace(r"[^\d+]", "", regex=True)
    local = digits.str.replace(ABROAD, "0", regex=True)
    local = local.mask(local.str.fullmatch(r"[3-9]\d{8}"), "0" + local)  # a spreadsheet took the zero
    ordinary = local.str.fullmatch(MOBILE).to_numpy(dtype=np.bool_)
    return _with_odd_cells(cells, local, ordinary, _phone)


def readable_emails(column: pd.Series) -> tuple[pd.Series, Bools]:
    """The addresses in small letters, and which could not be read; those stay as they stand."""
    cells = column.str.strip()
    small = cells.str.lower()
    ordinary = (small.str.fullmatch(EMAIL) & ~small.str.contains(RESERVED, regex=True)).to_numpy(dtype=np.bool_)
    return _with_odd_cells(cells, small, ordinary, _email)


def _with_odd_cells(
    cells: pd.Series, read: pd.Series, ordinary: Bools, reader: Callable[[str], str]
) -> tuple[pd.Series, Bools]:
    odd = ~ordinary & (cells != "").to_numpy()
    places, levels = pd.factorize(cells[odd])
    found = [reader(str(level)) for level in levels]
    spelt = np.array([text or str(level) for text, level in zip(found, levels, strict=True)], dtype=object)
    result = read.to_numpy(dtype=object).copy()
    result[odd] = spelt[places] if len(levels) else []
    unreadable = odd.copy()
    unreadable[odd] = np.array([text == "" for text in found], dtype=np.bool_)[places] if len(levels) else []
    return pd.Series(result, index=cells.index, dtype="str"), unreadable


def e164(text: str) -> str | None:
    """A telephone number as gateways want it (+84912345678), None if it is none; Excel may have lost its zero."""
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _phone(text: str) -> str:
    """The number as it is dialled in Việt Nam, or nothing."""
    number = e164(re.sub(SECOND_NUMBER, "", text)) or ""
    return f"0{number.removeprefix('+84')}" if number.startswith("+84") else number


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""
