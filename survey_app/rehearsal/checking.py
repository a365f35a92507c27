"""Acknowledged = stored: each receipt stands for one ballot with exactly the answers given, and there are no others."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from instruments.values import as_posted
from survey_app.queries.rehearsals import SealedBallot
from survey_app.rehearsal.respondent import Outcome
from survey_app.security import SealBroken, open_ballot, receipt

NUMBER = re.compile(r"-?\d*[.,]?\d+")
LOCAL_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Check:
    """What was acknowledged beside what is stored; each number but the first two must be 0."""

    acknowledged: int  # respondents who saw a receipt
    stored: int  # ballots in the box
    missing: int  # acknowledged, but not in the box
    doubled: int  # ballots beyond one of the same respondent
    altered: int  # in the box with other answers than were given
    unsent: int  # in the box, but nobody sent them
    wrong_receipts: int  # receipts that do not belong to the ballot
    unacknowledged: int  # stored without the sender having seen a receipt: lost on the way, told truly when asked again
    faults: tuple[str, ...]  # the first of each in words

    @property
    def passed(self) -> bool:
        wrong = (self.missing, self.doubled, self.altered, self.unsent, self.wrong_receipts)
        return not any(wrong)


def check(
    outcomes: Sequence[Outcome],
    ballots: Sequence[SealedBallot],
    round_key: bytes,
    calculated: Mapping[str, Set[str]],
) -> Check:
    """Compare what respondents know with what is in the box.

    calculated: by group, the names that the form works out by itself; they are in the ballot, but nobody typed them.
    """
    box = _Box(ballots, round_key)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for outcome in outcomes:
        if not outcome.pressed_send:
            continue
        for fault, words in _compare(outcome, box, calculated.get(outcome.part.group, frozenset())):
            counts[fault] += 1
            faults.append(words)
    faults += [f"unsent: a ballot of {ballot.group_code}" for ballot in box.left()]
    return Check(
        acknowledged=sum(any(outcome.receipts) for outcome in outcomes),
        stored=len(ballots),
        missing=counts["missing"],
        doubled=counts["doubled"],
        altered=counts["altered"],
        unsent=len(box.left()),
        wrong_receipts=counts["receipt"],
        unacknowledged=counts["unacknowledged"],
        faults=tuple(fault for fault in faults if fault)[:20],
    )


class _Box:
    """The ballots by key and by receipt; those that were claimed are taken out."""

    def __init__(self, ballots: Sequence[SealedBallot], round_key: bytes) -> None:
        self._round_key = round_key
        self._unclaimed = dict(enumerate(ballots))
        self._by_receipt: defaultdict[str, list[int]] = defaultdict(list)
        for number, ballot in self._unclaimed.items():
            self._by_receipt[receipt(round_key, ballot.ballot_key)].append(number)

    def claim(self, receipts: Iterable[str]) -> list[SealedBallot]:
        """Take out the ballots with these receipts."""
        numbers = [number for code in receipts for number in self._by_receipt.get(code, ())]
        return [self._unclaimed.pop(number) for number in numbers if number in self._unclaimed]

    def claim_like(self, group: str, fields: dict[str, Set[str]], ignored: Set[str]) -> list[SealedBallot]:
        """Take out one ballot of a group with exactly these answers."""
        for number, ballot in self._unclaimed.items():
            if ballot.group_code == group and self.fields(ballot, ignored) == fields:
                return [self._unclaimed.pop(number)]
        return []

    def receipt(self, ballot_key: bytes) -> str:
        return receipt(self._round_key, ballot_key)

    def fields(self, ballot: SealedBallot, ignored: Set[str]) -> dict[str, Set[str]]:
        """The answers of a ballot by field; under no name at all if its seal is broken."""
        try:
            return stored_fields(open_ballot(self._round_key, ballot.ballot_key, ballot.sealed), ignored)
        except SealBroken:
            return {"(seal)": frozenset()}

    def left(self) -> list[SealedBallot]:
        return list(self._unclaimed.values())


def _compare(outcome: Outcome, box: _Box, calculated: Set[str]) -> list[tuple[str, str]]:
    part, given = outcome.part, given_fields(outcome.answers)
    right = {box.receipt(part.ballot_key)} if part.ballot_key is not None else outcome.receipts
    found = box.claim(right)
    if not right:  # an open link, and the receipt never came
        found = box.claim_like(part.group, given, calculated)
    seen: list[tuple[str, str]] = []
    if not any(outcome.receipts):
        return [("unacknowledged", "")] if found else []
    if outcome.receipts != right or len(outcome.receipts) > 1:  # "": a page after sending that showed none
        seen.append(("receipt", f"receipt: {part.group} saw {sorted(outcome.receipts)}"))
    if not found:
        seen.append(("missing", f"missing: {part.group} saw {sorted(outcome.receipts)}, no such ballot"))
    seen += [("doubled", f"doubled: {part.group}") for _ballot in found[1:]]
    for ballot in found[:1]:
        stored = box.fields(ballot, calculated)
        names = sorted(name for name in stored.keys() | given.keys() if stored.get(name) != given.get(name))
        if names:
            seen.append(("altered", f"altered: {part.group}: {', '.join(names[:5])}"))
    return seen


def given_fields(answers: Mapping[str, Sequence[str]]) -> dict[str, Set[str]]:
    """What a respondent sent, by field name, as it should be stored."""
    found = {name: frozenset(_plain(value) for value in values if value.strip()) for name, values in answers.items()}
    return {name: values for name, values in found.items() if values}


def stored_fields(answers: Mapping[str, Any], ignored: Set[str]) -> dict[str, Set[str]]:
    """A ballot's answers by the field names that they were given under."""
    found: dict[str, Set[str]] = {}
    for name, answer in answers.items():
        if name in ignored:
            continue
        by_field = (
            {f"{name}:{unit}": one for unit, one in answer.items()} if isinstance(answer, dict) else {name: answer}
        )
        found |= {key: frozenset(map(_plain, as_posted(value))) for key, value in by_field.items()}
    return found


def _plain(value: str) -> str:
    """One way to write what may be written in several: numbers, days, spaces."""
    text = " ".join(value.split())
    if day := LOCAL_DATE.fullmatch(text):
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
    return str(float(text.replace(",", "."))) if NUMBER.fullmatch(text) else text
