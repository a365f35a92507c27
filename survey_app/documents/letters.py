"""Letters, cards and posters as PDF, set by typst. Names and words come as data and are shown as they were written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from survey_app.documents import typesetting
from survey_app.documents.typesetting import MAIN, NotTypeset
from survey_app.qr import svg

QR_PLACE = "qr"  # a paragraph that is the code itself
PAPERS = ("a4", "a3")
SIZES = (1.0, 0.96, 0.92, 0.88, 0.84)  # of the letters' type, from 13 pt down to 11 pt
MANY = 50  # pages; more are set in a process of its own

Segment = tuple[str, bool]  # words, and whether they are stressed
Paragraph = tuple[tuple[Segment, ...], ...]  # its lines

LABELS = {
    "vi": {
        "nation": "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "motto": "Độc lập - Tự do - Hạnh phúc",
        "heading": "Thư mời tham gia khảo sát",
        "to": "Kính gửi:",
        "scan": "Quét mã QR bằng máy ảnh điện thoại hoặc Zalo",
        "or_open": "hoặc mở đường liên kết:",
        "or_type_at": "hoặc vào",
        "and_type": "rồi nhập mã:",
        "yours_alone": "Đường liên kết và mã này dành riêng cho Ông/Bà, xin không chuyển cho người khác.",
    },
    "en": {
        "nation": "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "motto": "Độc lập - Tự do - Hạnh phúc",
        "heading": "Invitation to take part in a survey",
        "to": "To:",
        "scan": "Scan the QR code with your phone's camera",
        "or_open": "or open the link:",
        "or_type_at": "or go to",
        "and_type": "and type the code:",
        "yours_alone": "The link and the code are yours alone; please do not pass them on.",
    },
}


class DoesNotFit(ValueError):
    """The words are too long for the page: a letter, a card or a poster is one page or one place, never more."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, as it stands at the head and the foot of an official letter."""

    asked_by: str
    title: str  # of the round
    superior: str = ""  # the body above the one that asks
    number: str = ""
    place_and_day: str = ""
    signer_title: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One invitation: to whom, with which link, in which words. A paragraph QR_PLACE is where the code goes."""

    ref: str
    name: str
    about: tuple[str, ...]  # position, organisation
    body: tuple[Paragraph | str, ...]
    link: str
    code: str  # as it is typed, in groups of four
    footer: str


@dataclass(frozen=True, slots=True)
class Poster:
    """A public link to hang up."""

    unit: str
    headline: str
    body: tuple[Paragraph, ...]
    also: tuple[Paragraph, ...]  # the same in the second language, smaller
    link: str


def letters_pdf(head: Letterhead, letters: Sequence[Letter], **setting: Any) -> bytes:
    """Letters on A4, one to a page. ``setting``: as for ``typeset``."""
    return typeset("letters", head, letters, **setting)


def cards_pdf(head: Letterhead, letters: Sequence[Letter], **setting: Any) -> bytes:
    """The same links on small cards, eight to a page of A4, with lines to cut along."""
    return typeset("cards", head, letters, **setting)


def posters_pdf(head: Letterhead, posters: Sequence[Poster], **setting: Any) -> bytes:
    """Posters, one to a page."""
    return typeset("posters", head, posters, **setting)


def typeset(
    kind: str,
    head: Letterhead,
    items: Sequence[Letter | Poster],
    *,
    language: str,
    site: str,
    paper: str = "a4",
    fonts: Sequence[Path | str] = (),
    picture: bool = False,
    drawn: Callable[[int], object] = lambda _done: None,
) -> bytes:
    """A document of one kind; what is said in it goes as JSON, so that nothing in a name is read as markup.

    site: where codes are typed; paper: of posters; fonts: folders of further fonts; picture: the only page as a PNG;
    drawn: told how many codes are drawn, most of the work.
    """
    data: dict[str, Any] = {"lang": language, "site": site, "head": asdict(head), "labels": LABELS[language]}
    data |= {"paper": paper, "items": []}
    for done, item in enumerate(items, start=1):
        data["items"].append(asdict(item) | {"qr": svg(item.link, sturdy=kind == "posters")})
        drawn(done)
    fonts = list(map(str, fonts))
    longest = max(data["items"], key=lambda item: len(json.dumps(item)) - len(item["qr"]), default=None)
    for size in SIZES:  # the same for all: the longest shows which, and only a near miss takes a second attempt
        try:
            if len(items) > 1:
                _set(kind, data | {"size": size, "items": [longest]}, fonts)
            return _set(kind, data | {"size": size}, fonts, picture=picture, apart=len(items) > MANY)
        except DoesNotFit:
            continue
    raise DoesNotFit(kind)


def _set(kind: str, data: Mapping[str, Any], fonts: Sequence[str], **how: bool) -> bytes:
    files = {f"{name}.typ": _source(name) for name in ("frame", kind)}
    files |= {MAIN: f'#include "{kind}.typ"\n', "data.json": json.dumps(data)}
    try:
        return typesetting.typeset(files, fonts=fonts, **how)
    except NotTypeset as error:
        if "does_not_fit" in str(error):
            raise DoesNotFit(kind) from None
        raise


def _source(name: str) -> str:
    return resources.files("survey_app.documents").joinpath("typst", f"{name}.typ").read_text("utf-8")
