"""An instrument made ready once for many requests: expressions compiled, choices in sets, dependencies known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from instruments.expressions import Expression, compile_expression
from instruments.model import OTHER, RATED_UNITS, Choice, Group, Instrument, Layout, Question, QuestionType, Repeat

OTHER_CHOICE = Choice(OTHER, {"vi": "Khác (xin ghi rõ)", "en": "Other (please specify)"})


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question with all that is needed to ask it and to read its answer."""

    question: Question
    position: int  # in the form; an expression reads only what stands before it
    section: int
    in_repeat: bool
    relevant: Expression | None
    constraint: Expression | None
    choice_filter: Expression | None
    calculation: Expression | None
    choices: tuple[Choice, ...]  # in the order of the list, "other" last; none for rated units
    order: Mapping[str, int]  # choice name -> place in the list
    dont_know: frozenset[str]
    rated_units: bool  # its choices are the rated units
    depends: frozenset[str]  # questions on which its relevance rests, calculated ones resolved
    per_unit: bool  # its relevance may differ from unit to unit

    @property
    def calculated(self) -> bool:
        return self.question.type is QuestionType.CALCULATE


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A section of the form, its questions made ready."""

    section: Group | Repeat
    index: int
    position: int
    relevant: Expression | None
    asked: tuple[Asked, ...]  # those with a place on a page: no calculations
    names: frozenset[str]
    same_page: bool  # answers given on a page may change what is shown on it
    conditional: bool  # some question is shown on a condition
    needs_route: bool  # reading an answer evaluates an expression

    @property
    def units_from(self) -> str | None:
        return self.section.units_from if isinstance(self.section, Repeat) else None


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """An instrument made ready."""

    instrument: Instrument
    asked: Mapping[str, Asked]
    parts: tuple[Part, ...]
    pages: dict[Any, Any] = field(default_factory=dict)  # pages already laid out, by part and units


_KEPT = 64
_ready: dict[int, Compiled] = {}
_lock = Lock()


def compiled(instrument: Instrument) -> Compiled:
    """The instrument made ready; done once per object, for the latest 64 of them.

    Raises
    ------
    ExpressionError
        If an expression is faulty; ``checking.check`` names them all.
    """
    found = _ready.get(id(instrument))
    if found is not None and found.instrument is instrument:
        return found
    made = _compile(instrument)
    with _lock:
        while len(_ready) >= _KEPT:
            del _ready[next(iter(_ready))]
        _ready[id(instrument)] = made  # holds the instrument, so its id stays its own
    return made


def _compile(instrument: Instrument) -> Compiled:
    asked: dict[str, Asked] = {}
    parts: list[Part] = []
    position = 0
    for index, section in enumerate(instrument.sections):
        first = position
        own: list[Asked] = []
        for question in section.questions:
            own.append(_ask(instrument, question, position, index, asked))
            asked[question.name] = own[-1]
            position += 1
        parts.append(_part(section, index, first, own))
    return Compiled(instrument, asked, tuple(parts))


def _ask(instrument: Instrument, question: Question, position: int, index: int, earlier: Mapping[str, Asked]) -> Asked:
    choices = instrument.choices.get(question.list_name or "", ())
    if question.or_other:
        choices = (*choices, OTHER_CHOICE)
    relevant = _compiled(question.relevant)
    calculation = _compiled(question.calculation)
    depends = _depends([relevant, calculation], earlier)
    section = instrument.sections[index]
    siblings = {sibling.name for sibling in section.questions}
    in_repeat = isinstance(section, Repeat)
    return Asked(
        question=question,
        position=position,
        section=index,
        in_repeat=in_repeat,
        relevant=relevant,
        constraint=_compiled(question.constraint),
        choice_filter=_compiled(question.choice_filter),
        calculation=calculation,
        choices=choices,
        order={choice.name: place for place, choice in enumerate(choices)},
        dont_know=frozenset(choice.name for choice in choices if choice.dont_know),
        rated_units=question.list_name == RATED_UNITS,
        depends=depends,
        per_unit=in_repeat and relevant is not None and bool(siblings.intersection(relevant.refs)),
    )


def _compiled(text: str) -> Expression | None:
    return compile_expression(text) if text else None


def _depends(expressions: list[Expression | None], earlier: Mapping[str, Asked]) -> frozenset[str]:
    found: set[str] = set()
    for name in (name for expression in expressions if expression for name in expression.refs):
        if name in earlier:
            found |= earlier[name].depends if earlier[name].calculated else {name}
    return frozenset(found)


def _part(section: Group | Repeat, index: int, position: int, own: list[Asked]) -> Part:
    names = frozenset(one.question.name for one in own)
    shown = tuple(one for one in own if not one.calculated)
    matrix = isinstance(section, Repeat) and section.layout is Layout.MATRIX
    relevant = _compiled(section.relevant)
    return Part(
        section=section,
        index=index,
        position=position,
        relevant=relevant,
        asked=shown,
        names=names,
        same_page=not matrix and any(one.relevant and one.depends & names for one in shown),
        conditional=any(one.relevant for one in shown),
        needs_route=any(one.relevant or one.constraint or one.choice_filter for one in shown)
        or bool(relevant or (isinstance(section, Repeat) and section.units_from)),
    )
