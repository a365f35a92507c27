"""The rows of a page as its template wants them: every label, field and mark decided here, none in the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from instruments.answering import AnswerFault, PageAnswers
from instruments.model import RATED_UNITS, Choice, Question, QuestionType
from instruments.routing import Item, Page, item_choices, shown_items
from instruments.values import as_posted
from survey_app.clock import today
from survey_app.i18n import language, words
from survey_app.respond.visits import Visit

INPUTS = {QuestionType.SELECT_ONE: "radio", QuestionType.SELECT_MULTIPLE: "checkbox"}
KEYBOARDS = {QuestionType.INTEGER: "numeric", QuestionType.DECIMAL: "decimal", QuestionType.RANGE: "decimal"}
SHORT = 90  # characters of a question that a link in the error summary shows
SCALE_LEVELS = (5, 6)  # with so many choices a list is a rating scale, laid out in one line on a wide screen


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    value: str
    label: str
    checked: bool
    dont_know: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to answer, with what was answered and what is wrong with it."""

    field: str
    id: str
    kind: str  # choice, text, paragraph or note
    label: str
    hint: str
    required: bool
    hidden: bool  # brought up by another answer on this page
    fault: str
    input: str = ""  # radio or checkbox
    options: tuple[Option, ...] = ()
    scale: bool = False
    other_field: str = ""
    other: str = ""
    value: str = ""
    inputmode: str = ""
    type: str = ""  # of what is typed, so that the browser reads it as the server does
    limits: str = ""  # start, end and step of a range
    advice: str = ""  # what is said when the answer does not meet the question's constraint

    @property
    def described(self) -> str:
        """The ids of the hint, the error and the advice, for screen readers."""
        parts = (("hint", self.hint), ("error", self.fault), ("advice", self.advice))
        return " ".join(f"{self.id}--{part}" for part, there in parts if there)

    @property
    def short(self) -> str:
        """The question in the error summary, cut between words if it is long."""
        return shorten(self.label, SHORT, placeholder=" …")

    @property
    def anchor(self) -> str:
        """Where a link in the error summary leads: the first thing that can be answered."""
        return self.options[0].id if self.options else self.id


def page_title(page: Page) -> str:
    """The heading of a page: the section, with the unit or the question that the page is about."""
    if page.is_matrix:
        return words(page.items[0].question.label)
    return f"{words(page.label)}: {page.unit.name}" if page.unit else words(page.label)


def item_label(page: Page, item: Item) -> str:
    """What a row is about: its question, or its unit on a page about one question."""
    return item.unit.name if page.is_matrix and item.unit else words(item.question.label)


def page_hints(page: Page) -> list[str]:
    """What is said once above the rows."""
    hints = [page.hint, page.items[0].question.hint] if page.is_matrix else [page.hint]
    return [words(hint) for hint in hints if words(hint)]


def only_choices(page: Page) -> bool:
    """Whether the page is the same for everybody but for what is ticked: no words to fill in, nothing conditional."""
    return all(
        item.question.type in INPUTS
        and not (item.question.or_other or item.question.relevant or item.question.choice_filter)
        and not any(outside in item.question.constraint for outside in ("${", "today("))  # goes with the page's rules
        and item.question.list_name != RATED_UNITS
        for item in page.items
    )


def page_rows(visit: Visit, page: Page, answers: Mapping[str, Any], read: PageAnswers | None = None) -> list[Row]:
    """The rows of a page with what was saved, or with what was just typed and what is wrong with it."""
    shown = {item.field for item in shown_items(visit.instrument, page, visit.units, answers, today())}
    faults = {fault.field: fault.message(language()) for fault in read.faults} if read else {}
    raw = read.raw if read else saved(page, answers)
    return [
        _row(
            item,
            raw,
            as_typed=read is not None,
            choices=item_choices(visit.instrument, item, visit.units, answers, today()),
            label=item_label(page, item),
            hint="" if page.is_matrix else words(item.question.hint),
            hidden=item.field not in shown,
            fault=faults.get(item.field) or faults.get(item.other_field, ""),
        )
        for item in page.items
    ]


def saved(page: Page, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """The saved answers of a page as its fields show them."""
    raw = {}
    for item in page.items:
        for field, name in ((item.field, item.question.name), (item.other_field, f"{item.question.name}_other")):
            value = answers.get(name)
            if item.unit is not None:
                value = value.get(item.unit.code) if isinstance(value, Mapping) else None
            if value is not None:
                raw[field] = as_posted(value)
    return raw


def _row(
    item: Item, raw: Mapping[str, Sequence[str]], *, as_typed: bool, choices: Sequence[Choice], **common: Any
) -> Row:
    question = item.question
    common |= {
        "field": item.field,
        "id": "q-" + item.field.replace(":", "-"),
        "required": question.required or question.type is QuestionType.NOTE,
        "advice": _advice(question),
    }
    given = raw.get(item.field, ())
    if question.type in INPUTS:
        return _choice_row(common, item, choices, given, "".join(raw.get(item.other_field, ())))
    if question.type is QuestionType.NOTE:
        return Row(kind="note", **common)
    kind = "paragraph" if question.type is QuestionType.TEXT and "multiline" in question.appearance else "text"
    value = given[0] if given else ""
    if not as_typed:
        value = shown_value(question, value)
    keyboard = KEYBOARDS.get(question.type, "")
    return Row(kind=kind, value=value, inputmode=keyboard, type=question.type, limits=_limits(question), **common)


def _advice(question: Question) -> str:
    """The words for an answer that does not meet the question's constraint."""
    if not question.constraint:
        return ""
    return AnswerFault(question.name, "constraint", {}, question.constraint_message).message(language())


def _limits(question: Question) -> str:
    """Start, end and step of a range, for the browser."""
    if question.type is not QuestionType.RANGE:
        return ""
    return " ".join("" if limit is None else f"{limit:.15g}" for limit in (question.start, question.end, question.step))


def _choice_row(common: dict[str, Any], item: Item, choices: Sequence[Choice], given: Sequence[str], other: str) -> Row:
    row_id = common["id"]
    options = tuple(
        Option(f"{row_id}-{choice.name}", choice.name, words(choice.label), choice.name in given, choice.dont_know)
        for choice in choices
    )
    return Row(
        kind="choice",
        input=INPUTS[item.question.type],
        options=options,
        scale=len(options) in SCALE_LEVELS and item.question.criterion is not None,
        other_field=item.other_field if item.question.or_other else "",
        other=other,
        **common,
    )


def shown_value(question: Question, typed: str) -> str:
    """Dates and decimals as people here write them."""
    if question.type is QuestionType.DATE and typed[4:5] == "-":
        year, month, day = typed.split("-")
        return f"{day}/{month}/{year}"
    if question.type in (QuestionType.DECIMAL, QuestionType.RANGE) and language() == "vi":
        return typed.replace(".", ",")
    return typed
