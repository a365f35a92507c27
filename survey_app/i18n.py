"""Vietnamese first, English one tap away. The words of templates live in the translation catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Flask, g, request
from flask_babel import Babel, get_translations

from scoring.standing import rounded_half_up
from survey_app.clock import HANOI

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
COOKIE = "lang"
YEAR = 365 * 24 * 3600


def language() -> str:
    """The language of this request."""
    known: str | None = g.get("language")
    if known is None:
        asked = request.cookies.get(COOKIE, "vi")
        known = g.language = asked if asked in LANGUAGES else "vi"
    return known


def words(text: Mapping[str, str]) -> str:
    """The words of a text in the language of this request, else in Vietnamese."""
    return text.get(language()) or text.get("vi", "")


def day(value: date) -> str:
    """A day as it is written in Việt Nam, in both languages."""
    return value.strftime("%d/%m/%Y")


def moment(value: datetime) -> str:
    """Day and time in Việt Nam."""
    return value.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")


def number(value: float, digits: int = 2) -> str:
    """A number with as many decimals, rounded as scores are, with a decimal comma in Vietnamese."""
    if math.isnan(value):
        return "–"
    written = f"{rounded_half_up(value, digits) + 0.0:,.{digits}f}"  # no negative zero
    return written if language() == "en" else written.translate(str.maketrans(",.", ".,"))


def _catalogue() -> Any:
    """The words of this request's language, looked up once per request."""
    known = g.get("catalogue")
    if known is None:
        known = g.catalogue = get_translations()
    return known


def _gettext(message: str) -> str:
    translated: str = _catalogue().gettext(message)
    return translated


def _ngettext(singular: str, plural: str, n: int) -> str:
    translated: str = _catalogue().ngettext(singular, plural, n)
    return translated


def init_app(app: Flask) -> None:
    Babel(app, default_locale="vi", locale_selector=language, default_domain="messages")
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(words=words, language=language, languages=LANGUAGES)
    app.jinja_env.filters.update(words=words, day=day, moment=moment, number=number)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
