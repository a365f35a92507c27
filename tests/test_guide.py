"""The guide in Vietnamese says what is on the screen: its words, its pictures and its links hold."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from repository import ROOT

GUIDE = ROOT / "docs" / "huong-dan"
PAGES = sorted(GUIDE.glob("*.md"))
CATALOGUE = ROOT / "survey_app" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
HEAVIEST = 120 * 1024  # bytes of a picture
ALSO_ON_SCREEN = {"in đậm"}  # the guide speaks of its own bold words


def names(text: str, pattern: str) -> Iterator[str]:
    return (found[1] for found in re.finditer(pattern, text))


def as_read(words: str) -> str:
    """Words without what stands in for a number or a name, as the guide writes them: “Gửi đến … người”."""
    return re.sub(r"%\(\w+\)\w|…", "…", words.replace("%%", "%"))


@pytest.fixture(scope="module")
def on_screen() -> set[str]:
    with CATALOGUE.open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id]
    return {as_read(words) for one in messages for words in (one if isinstance(one, tuple) else (one,))}


def test_the_guide_has_a_page_for_each_part_of_the_work():
    contents = (GUIDE / "README.md").read_text()
    assert [page.name for page in PAGES] == sorted({"README.md", *names(contents, r"\]\((\d\d-[\w-]+\.md)\)")})
    assert len(PAGES) == 9


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_words_in_bold_are_on_the_screen(page: Path, on_screen: set[str]):
    bold = {" ".join(words.split()) for words in names(page.read_text(), r"\*\*([^*]+)\*\*")}
    assert bold
    assert {words for words in bold if as_read(words) not in on_screen} <= ALSO_ON_SCREEN


def test_pictures_are_those_that_the_guide_shows():
    shown = {name for page in PAGES for name in names(page.read_text(), r"!\[[^]]+\]\(hinh/([\w-]+\.png)\)")}
    kept = {picture.name: picture.stat().st_size for picture in (GUIDE / "hinh").iterdir()}
    assert set(kept) == shown
    assert {name: size for name, size in kept.items() if size > HEAVIEST} == {}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.vi.md", ROOT / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    links = set(names(page.read_text(), r"\]\(([^)#:]+)\)"))
    assert links
    assert {link for link in links if not (page.parent / link).exists()} == set()
