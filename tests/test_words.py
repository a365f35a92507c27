"""Whatever people read can be read in both languages: Vietnamese in the code, English in the catalogue."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from lxml import etree, html
from repository import ROOT, faults, templates

APP = ROOT / "survey_app"
ENGLISH = APP / "translations" / "en" / "LC_MESSAGES" / "messages.po"
TRANSLATORS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
SPOKEN_ATTRIBUTES = ("alt", "title", "placeholder", "aria-label", "aria-description")
NO_WORDS = {"script", "style", "svg", "code", "kbd", "samp", "var"}
HTML = Environment(extensions=["jinja2.ext.i18n"])


def has_words(text: str | None) -> bool:
    """One letter is a sign, not a word: n, %, A."""
    return re.search(r"[^\W\d_]{2}", text or "") is not None


def has_accents(text: str) -> bool:
    return any(letter.isalpha() and not letter.isascii() for letter in text)


def words_in_html(source: str) -> Iterator[str]:
    """Words of a template that stand in its HTML and not in a {{ _() }} or {% trans %}."""
    for element in html.document_fromstring(f"<body>{html_alone(source)}</body>").iter(etree.Element):
        inner = "" if element.tag in NO_WORDS else element.text
        spoken = [element.get(name) for name in SPOKEN_ATTRIBUTES]
        for text in (inner, element.tail, *spoken):
            if has_words(text):
                yield f"{element.sourceline}: {text.strip()}"


def html_alone(source: str) -> str:
    """A template without expressions, statements, comments and what {% trans %} encloses; lines stay where they are."""
    kept: list[str] = []
    statement, enclosed = "", False
    for _line, kind, value in HTML.lex(source):
        if kind == "block_begin":
            statement = ""
        elif kind == "name" and not statement:
            statement = value
            enclosed = {"trans": True, "endtrans": False}.get(value, enclosed)
        kept.append(value if kind == "data" and not enclosed else "\n" * value.count("\n"))
    return "".join(kept)


def words_in_expressions(source: str) -> Iterator[str]:
    """Vietnamese in an expression of a template that no translator sees, as in {{ "Có" if yes }}."""
    tree = HTML.parse(source)
    calls = [call for call in tree.find_all(nodes.Call) if getattr(call.node, "name", "") in TRANSLATORS]
    translated = {id(word) for call in calls for word in call.find_all(nodes.Const)}
    for word in tree.find_all(nodes.Const):
        if id(word) not in translated and isinstance(word.value, str) and has_accents(word.value):
            yield f"{word.lineno}: {word.value}"


def words_in_script(source: str) -> Iterator[str]:
    """Vietnamese in a script: the page hands it the words, in its own language."""
    for number, line in enumerate(source.splitlines(), start=1):
        if has_accents(re.sub(r"//.*|/\*.*?\*/", "", line)):
            yield f"{number}: {line.strip()}"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<p>\n{{ name }} Tiếp tục</p>", "1: Tiếp tục"),
        ("<p>{% if a %}Yes{% endif %}</p>", "1: Yes"),
        ('<img\n alt="Logo">', "2: Logo"),
        ("{% trans %}a{% endtrans %}<b>Bold</b>", "1: Bold"),
    ],
)
def test_words_in_html_are_seen(source: str, line: str):
    assert list(words_in_html(source)) == [line]


@pytest.mark.parametrize(
    "source",
    [
        '<p class="lead" id="x">{{ _("Tiếp tục") }} – 12/3</p>',
        "{% trans n=3 %}Còn {{ n }} câu{% pluralize %}Còn {{ n }} câu{% endtrans %}",
        "{{ share or '–' }}",
        "{# words #}<script>let words = 1</script><code>survey demo</code> (n)",
        '{% block title %}{{ ngettext("Còn %(num)s", "Còn %(num)s", n) }}{% endblock %}',
        '<option value="{{ code }}"{% if on %} selected{% endif %}>{{ name }}</option>',
    ],
)
def test_translated_words_are_left_alone(source: str):
    assert [*words_in_html(source), *words_in_expressions(source)] == []


def test_words_in_expressions_are_seen():
    assert list(words_in_expressions('{{ "Có" if yes else _("Không") }}')) == ["1: Có"]


def test_templates_have_no_words_of_one_language_only():
    assert faults(templates(), words_in_html) == []
    assert faults(templates(), words_in_expressions) == []


def test_scripts_have_no_words_of_their_own():
    assert faults((APP / "static").glob("*.js"), words_in_script) == []


@cache
def words_of_the_app() -> Catalog:
    """What the code and the templates ask a translation for."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    catalog = Catalog()
    keywords = {**DEFAULT_KEYWORDS, "_l": None}  # words that wait for a reader's language
    for file, line, words, _comments, context in extract_from_dir(APP, methods, options, keywords):
        catalog.add(words, locations=[(file, line)], context=context)
    return catalog


@cache
def english() -> Catalog:
    if not ENGLISH.exists():
        return Catalog(locale="en")
    with ENGLISH.open("rb") as catalogue:
        return read_po(catalogue, locale="en")


def words_of(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def forms(words: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def test_the_templates_ask_for_words():
    assert bool(templates()) == bool(list(words_of(words_of_the_app())))


def test_every_word_has_its_english():
    missing = []
    for message in words_of(words_of_the_app()):
        known = english().get(message.id, message.context)
        if known is None or known.fuzzy or not all(forms(known.string)):
            missing.append(f"{message.locations}: {message.id}")
    assert missing == []


def test_no_english_is_left_of_a_word_that_is_gone():
    asked = words_of_the_app()
    assert [word.id for word in words_of(english()) if asked.get(word.id, word.context) is None] == []


def test_a_translation_fills_the_same_blanks():
    blanks = re.compile(r"%\((\w+)\)")
    wrong = [
        word.id
        for word in words_of(english())
        if {frozenset(blanks.findall(form)) for form in forms(word.id)}
        != {frozenset(blanks.findall(form)) for form in forms(word.string)}
    ]
    assert wrong == []
