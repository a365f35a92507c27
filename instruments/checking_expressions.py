"""Expressions that cannot be understood, or that read what they cannot know yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from instruments.expressions import ExpressionError, compile_expression
from instruments.faults import Fault
from instruments.grammar import Tree
from instruments.model import OTHER, Instrument, Question, QuestionType, Repeat
from instruments.rows import SURVEY

_COLUMNS = ("relevant", "constraint", "choice_filter", "calculation")
_EQUALS = ("=", "!=")
_DEEPEST = 50  # calculations that read each other: both sides work them out one inside the other


@dataclass(frozen=True, slots=True)
class _Known:
    """A question as expressions see it."""

    question: Question
    position: int
    repeat: str | None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Where an expression stands."""

    name: str
    column: str
    position: int
    repeat: str | None
    filter_columns: frozenset[str] | None = None  # of the choices being filtered

    def fault(self, code: str, **params: object) -> Fault:
        return Fault(code, params, SURVEY, name=self.name, column=self.column)


def expressions(instrument: Instrument) -> Iterator[Fault]:
    """Faults of every relevant, constraint, choice_filter and calculation."""
    known = _known(instrument)
    position = 0
    for section in instrument.sections:
        repeat = section.name if isinstance(section, Repeat) else None
        yield from _expression(instrument, known, section.relevant, _Reader(section.name, "relevant", position, None))
        for question in section.questions:
            for column in _COLUMNS:
                columns = _filter_columns(instrument, question) if column == "choice_filter" else None
                reader = _Reader(question.name, column, position, repeat, columns)
                yield from _expression(instrument, known, getattr(question, column), reader)
            position += 1
    yield from _chains(instrument)


def _chains(instrument: Instrument) -> Iterator[Fault]:
    """Calculations at the end of a chain that is too long."""
    depths: dict[str, int] = {}
    for question in instrument.questions:
        if question.type is QuestionType.CALCULATE:
            read = {name for text in (question.calculation, question.relevant) for name in _refs(text)}
            depths[question.name] = 1 + max((depths.get(name, 0) for name in read), default=0)
            if depths[question.name] == _DEEPEST + 1:
                yield Fault("calculation_deep", {"most": _DEEPEST}, SURVEY, name=question.name, column="calculation")


def _refs(text: str) -> tuple[str, ...]:
    try:
        return compile_expression(text).refs if text else ()
    except ExpressionError:
        return ()


def _known(instrument: Instrument) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    position = 0
    for section in instrument.sections:
        repeat = section.name if isinstance(section, Repeat) else None
        for question in section.questions:
            known.setdefault(question.name, _Known(question, position, repeat))
            position += 1
    return known


def _filter_columns(instrument: Instrument, question: Question) -> frozenset[str]:
    choices = instrument.choices.get(question.list_name or "", ())
    return frozenset({"name", *(column for choice in choices for column in choice.filters)})


def _expression(instrument: Instrument, known: dict[str, _Known], text: str, reader: _Reader) -> Iterator[Fault]:
    if not text:
        return
    try:
        expression = compile_expression(text)
    except ExpressionError as error:
        yield reader.fault(error.code, **error.params)
        return
    for name in expression.refs:
        yield from _reference(known, name, reader)
    for column in expression.columns:
        if reader.filter_columns is None:
            yield reader.fault("bare_name", name=column)
        elif column not in reader.filter_columns:
            yield reader.fault("unknown_filter_column", name=column, known=", ".join(sorted(reader.filter_columns)))
    if expression.uses_self and reader.column != "constraint":
        yield reader.fault("self_not_here")
    for name, value in _compared(expression.tree):
        if name in known and value not in _possible(instrument, known[name].question, value):
            yield reader.fault("unknown_choice_compared", question=name, value=value)


def _reference(known: dict[str, _Known], name: str, reader: _Reader) -> Iterator[Fault]:
    found = known.get(name)
    if found is None:
        likely = get_close_matches(name, known, n=1)
        code = "unknown_reference_likely" if likely else "unknown_reference"
        yield reader.fault(code, question=name, likely=likely[0] if likely else "")
    elif name == reader.name:
        yield reader.fault("self_reference", question=name)
    elif found.position >= reader.position:
        yield reader.fault("later_reference", question=name)
    elif found.question.type is QuestionType.NOTE:
        yield reader.fault("note_reference", question=name)
    elif found.repeat is not None and found.repeat != reader.repeat:
        yield reader.fault("repeat_reference", question=name, repeat=found.repeat)


def _compared(tree: Tree) -> Iterator[tuple[str, str]]:
    """Answers compared with a fixed choice: ``${q} = 'x'`` and ``selected(${q}, 'x')``."""
    if not isinstance(tree, tuple):
        return
    if tree[0] in (*_EQUALS, "selected"):
        for one, other in (tree[1:], tree[:0:-1]):
            if isinstance(one, tuple) and one[0] == "ref" and isinstance(other, str) and other:
                yield str(one[1]), other
    for part in tree[1:]:
        yield from _compared(part)


def _possible(instrument: Instrument, question: Question, value: str) -> set[str]:
    """The choices that an answer may hold; whatever is asked about, where any value is possible."""
    choices = instrument.choices.get(question.list_name or "")
    if choices is None:
        return {value}
    return {choice.name for choice in choices} | ({OTHER} if question.or_other else set())
