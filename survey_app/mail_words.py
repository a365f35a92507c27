"""The words of an e-mail, filled in; and an example of how they read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from survey_app.services.letter_words import PLACE

EXAMPLE_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def filled_mail(text: str, values: Mapping[str, str]) -> str:
    """The words with their places filled; paragraphs with a place that has nothing to say are left out."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    said = [
        PLACE.sub(lambda found: values[found[1]], paragraph)
        for paragraph in paragraphs
        if all(values.get(place) for place in PLACE.findall(paragraph))
    ]
    return "\n\n".join(said) + ("\n" if len(paragraphs) > 1 else "")


def example(values: Mapping[str, str], base_url: str, *, name: str) -> dict[str, str]:
    """The places of a person who does not exist; the link opens nothing."""
    return {**values, "name": name, "code": EXAMPLE_CODE, "link": f"{base_url}/p/{EXAMPLE_CODE}"}
