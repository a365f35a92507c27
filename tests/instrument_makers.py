"""Questionnaires for tests: written out as short YAML, or made up by hypothesis."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st

from instruments.answering import merge, read_page
from instruments.model import (
    OTHER,
    RATED_UNITS,
    Choice,
    Group,
    Instrument,
    Layout,
    Measure,
    Question,
    QuestionType,
    RatedUnit,
    Repeat,
)
from instruments.routing import Item, item_choices, pages
from instruments.rows import clean
from instruments.xlsform import parse_yaml

TODAY = date(2026, 7, 15)
UNITS = (RatedUnit("SNV", "Sở Nội vụ"), RatedUnit("00004", "Phường Ba Đình"), RatedUnit("a/b~c", "Đơn vị có mã lạ"))

HEAD = """
settings: {form_id: thu, version: "1", title: {vi: Thử, en: Try}}
choices:
  yesno: [{name: "yes", label: {vi: Có, en: Yes}}, {name: "no", label: {vi: Không, en: No}}]
  scale:
    - {name: "1", label: {vi: Kém, en: Poor}}
    - {name: "2", label: {vi: Tốt, en: Good}}
    - {name: "98", label: {vi: Không biết, en: Don't know}, dont_know: yes}
survey:
"""


def questionnaire(survey: str) -> Instrument:
    """A questionnaire over the lists yesno and scale, from the lines under ``survey``."""
    return parse_yaml(HEAD + textwrap.indent(textwrap.dedent(survey), "  "), "thu.yaml")


NASTY = (
    "=1+1", "yes", "null", "~", "1.10", "010", "- a", "{x}", "a: b # c", "'", '"', "dòng\nhai", "a\\b", "_x0041_", "#",
    "& * !", "%", "@", "`", "|", ">", "? ", "?0",
    "true", "2026-07-15", "1e3", "[", "\u00a0", "\u2028", "😀", "tiê\u0301ng",
)  # fmt: skip
words = st.one_of(
    st.sampled_from(NASTY), st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=15)
)
cleaned = words.map(clean).filter(bool)


@st.composite
def instruments(draw: st.DrawFn, texts: st.SearchStrategy[str] = cleaned) -> Instrument:
    """A sound questionnaire with every feature somewhere."""
    languages = draw(st.sampled_from([("vi", "en"), ("vi",), ("en", "vi", "fr")]))
    maker = _Maker(draw, texts, languages)
    lists = {name: maker.choices() for name in ("l1", "l2")}
    sections = [maker.section(index) for index in range(draw(st.integers(1, 4)))]
    extra = st.dictionaries(st.sampled_from(["status", "source", "minutes", "ghi_chu"]), texts)
    return Instrument(
        form_id="thu",
        version=draw(texts),
        title=maker.text(),
        sections=tuple(sections),
        choices=lists,
        default_language=languages[0],
        settings=draw(extra),
    )


class _Maker:
    def __init__(self, draw: st.DrawFn, texts: st.SearchStrategy[str], languages: Sequence[str]) -> None:
        self.draw = draw
        self.texts = texts
        self.languages = languages
        self.plain: list[Question] = []  # what any later expression may read
        self.count = 0

    def flag(self) -> bool:
        return self.draw(st.booleans())

    def text(self) -> dict[str, str]:
        return {language: self.draw(self.texts) for language in self.languages}

    def maybe_text(self) -> dict[str, str]:
        return self.text() if self.flag() else {}

    def choices(self) -> tuple[Choice, ...]:
        regions = [{"vung": self.draw(self.texts)} if self.flag() else {} for _ in range(3)]
        levels = [Choice(str(place), self.text(), filters=filters) for place, filters in enumerate(regions)]
        return (*levels, Choice("98", self.text(), dont_know=True))

    def section(self, index: int) -> Group | Repeat:
        name = f"s{index}"
        sources = [question.name for question in self.plain if question.list_name == RATED_UNITS]
        relevant = self.condition(self.plain) if self.flag() else ""
        repeated = self.flag()
        own: list[Question] = []
        for _ in range(self.draw(st.integers(1, 4))):
            own.append(self.question(own, repeated=repeated))
        if all(question.type is QuestionType.CALCULATE for question in own):
            own.append(Question(f"note{index}", QuestionType.INTEGER, self.text()))
        if not repeated:
            self.plain += own
            return Group(name, self.text(), tuple(own), relevant, self.maybe_text())
        layout = self.draw(st.sampled_from(Layout))
        chosen = self.draw(st.sampled_from([None, *sources]))
        return Repeat(name, self.text(), tuple(own), layout, relevant, chosen, self.maybe_text())

    def question(self, before: list[Question], *, repeated: bool) -> Question:
        self.count += 1
        name = f"q{self.count}"
        kinds = [kind for kind in QuestionType if not (repeated and kind is QuestionType.NOTE)]
        kind = self.draw(st.sampled_from(kinds))
        readable = [*self.plain, *before]
        common: dict[str, Any] = {"relevant": self.condition(readable) if self.flag() else ""}
        if kind is QuestionType.CALCULATE:
            text = self.condition(readable) or self.draw(st.sampled_from(["1 div 0", "string(today())", "2.5"]))
            return Question(name, kind, {}, calculation=text, **common)
        common |= {"hint": self.maybe_text(), "appearance": self.draw(st.sampled_from(["", "minimal"]))}
        if kind is QuestionType.NOTE:
            return Question(name, kind, self.text(), **common)
        common |= {"required": self.flag(), "required_message": self.maybe_text()}
        common |= self.of_type(kind, repeated=repeated)
        return Question(name, kind, self.text(), **common)

    def of_type(self, kind: QuestionType, *, repeated: bool) -> dict[str, Any]:
        if kind is QuestionType.RANGE:
            return {"start": 0.0, "end": 1.0, "step": self.draw(st.sampled_from([0.5, 0.25, 1.0]))}
        if kind in (QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE):
            return self.select(kind, repeated=repeated)
        if kind is QuestionType.INTEGER and self.flag():
            return {"constraint": ". >= 0 and . < 100", "constraint_message": self.maybe_text()}
        return {}

    def select(self, kind: QuestionType, *, repeated: bool) -> dict[str, Any]:
        name = self.draw(st.sampled_from(["l1", "l2", "l1", "l2", RATED_UNITS][: 4 if repeated else 5]))
        if name == RATED_UNITS:
            return {"list_name": name}
        found: dict[str, Any] = {"list_name": name, "reverse": self.flag(), "criterion": self.draw(self.texts)}
        found["measure"] = self.draw(st.sampled_from([None, *Measure]))
        found |= self.draw(st.sampled_from([{}, {"or_other": True}, {"choice_filter": "name != '1'"}]))
        if kind is QuestionType.SELECT_MULTIPLE and self.flag():
            found["constraint"] = "count-selected(.) <= 2"
        return found | {"background": not repeated and self.flag()}

    def condition(self, readable: list[Question]) -> str:
        names = [question.name for question in readable if question.type is not QuestionType.NOTE]
        if not names:
            return ""
        name = self.draw(st.sampled_from(names))
        forms = ["${} = '1'", "${} != ''", "selected(${}, '0')", "${} > 0", "not(selected(${}, '98'))"]
        return self.draw(st.sampled_from(forms)).replace("${}", f"${{{name}}}")


def posted(dice: random.Random, instrument: Instrument, item: Item, *, valid: bool = True) -> dict[str, list[str]]:
    """What someone may send for an item: an answer of its type, nothing, or (unless ``valid``) nonsense."""
    question = item.question
    if not valid and dice.random() < 0.2:
        return {item.field: dice.choice([["nonsense"], ["1", "2"], ["-1"], ["31/02/2026"], [""], ["x" * 3000]])}
    if dice.random() < 0.2 or question.type is QuestionType.NOTE:
        return {}
    if question.type in (QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE):
        return _chosen(dice, instrument, item)
    typed = {
        QuestionType.INTEGER: ["0", "1", "42"],
        QuestionType.DECIMAL: ["0,5", "1.25", "-3"],
        QuestionType.RANGE: ["0", "1"],
        QuestionType.DATE: ["15/03/2026", "2026-03-15"],
        QuestionType.TEXT: ["chữ", " a\r\nb ", "1"],
    }
    return {item.field: [dice.choice(typed[question.type])]}


def _chosen(dice: random.Random, instrument: Instrument, item: Item) -> dict[str, list[str]]:
    names = [choice.name for choice in item_choices(instrument, item, UNITS, {}, TODAY)]
    if item.question.type is QuestionType.SELECT_MULTIPLE and dice.random() < 0.5:
        chosen = dice.sample([name for name in names if name != "98"], 2)
    else:
        chosen = [dice.choice(names)]
    other = {item.other_field: ["điều khác"]} if OTHER in chosen else {}
    return {item.field: chosen} | other


def walked(dice: random.Random, instrument: Instrument, *, valid: bool = True) -> dict[str, Any]:
    """The answers of someone who goes through all pages, in whatever way."""
    answers: dict[str, Any] = {}
    number = 0
    while number < len(found := pages(instrument, UNITS, answers, TODAY)):
        page = found[number]
        form: dict[str, list[str]] = {}
        for item in page.items:
            form |= posted(dice, instrument, item, valid=valid)
        read = read_page(instrument, page, form, answers, UNITS, TODAY)
        answers = merge(answers, page, read.values)
        number += 1
    return answers
