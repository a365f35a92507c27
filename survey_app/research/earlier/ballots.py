"""Ballots of past years: which columns are questions, what their answers count for, what is not kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey_app.access import open_to
from survey_app.console import audit, reading, writing
from survey_app.earlier.columns import guessed_columns
from survey_app.earlier.files import PastSheet, column_values, read_past
from survey_app.earlier.words import PERSONAL, SCORINGS, past_fault_lines, refusal_words
from survey_app.jobs import start_job
from survey_app.jobs.earlier import MAPPING_KIND, estimate_ballots
from survey_app.research.earlier.room import (
    WRITERS,
    Waiting,
    address_of,
    blueprint,
    facts_of_address,
    page,
    subject_of,
    waiting,
)
from survey_app.services.earlier import EarlierFacts, EarlierRefused, KnownUnits, known_units, remembered_columns
from survey_app.services.earlier_ballots import (
    EVEN,
    BallotColumns,
    Question,
    columns_of,
    personal_columns,
    require_no_ballots,
)
from survey_app.uploads import heading_key
from survey_app.uploads.faults import UploadRefused

MOST_LEVELS = 12  # different answers of a column that may be a question
MOST_QUESTIONS = 500
MOST_UNITS = 2_000
LONGEST = 300
SINGLE = ("unit", "weight_column", "psu", "strata")
DONT_KNOW = re.compile("khongbiet|khongro|kbiet|khongtraloi|khotraloi|khodanhgia|khongykien|tuchoi|khongapdung|"
                       "khongsudung|dontknow|noanswer|refus|notapplicable")  # fmt: skip
DONT_KNOW_CODES = {"88", "97", "98", "99", "998", "999", "-1", "-8", "-9"}
OPINION = re.compile("hailong|tot|dongy|kem|nhanh|satisf|agree|good|poor")
GOOD = re.compile("^(rat)?(hailong|tot|dongy|nhanh)|^very(satisf|good)|^stronglyagree")
WEIGHTS = ("quyenso", "trongso", "weight", "wt", "wgt")


@dataclass(frozen=True, slots=True)
class Scale:
    """Columns whose answers are the same: their levels are said once."""

    answers: tuple[tuple[str, str], ...]  # (code, label)
    columns: tuple[int, ...]  # places in the header
    levels: str  # codes, worst first, as they are suggested
    dont_know: str
    is_opinion: bool  # the labels speak of how good something is


@blueprint.route("/ballots/<uuid:file_id>", methods=["GET", "POST"])
@open_to(*WRITERS)
def ballots(file_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """Say what the columns of a file of ballots mean; a job takes them over."""
    with reading() as session:
        upload, facts = waiting(session, "ballots", file_id), facts_of_address(session)
        sheet = read_past(upload.data, upload.name)
        scales = scales_of(sheet)
        if request.method == "GET":
            return _page(
                upload,
                facts,
                sheet,
                scales,
                _first(session, sheet, scales, known_units(session, facts.city, facts.year)),
            )
        columns = _chosen(sheet, scales)
        found = _faults(session, sheet, columns, facts)
        if found:
            return _page(upload, facts, sheet, scales, columns, found=found, typed=request.form), 422
    params = {"upload_id": str(file_id), "facts": _as_params(facts), "columns": columns.as_params()}
    with writing() as session:
        job_id = start_job(session, "import_earlier_ballots", None, params)
        audit(session, "earlier.ballots_import", subject_of(facts), file=upload.name, dropped=len(columns.dropped))
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _as_params(facts: EarlierFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in EarlierFacts.__annotations__}


def _faults(session: Session, sheet: PastSheet, columns: BallotColumns, facts: EarlierFacts) -> list[tuple[str, str]]:
    """(cell, words) of what stands in the way."""
    try:
        if not columns.unit:
            raise EarlierRefused("no_unit_column")
        if not columns.questions:
            raise EarlierRefused("no_questions")
        require_no_ballots(session, facts)
        estimate_ballots(session, sheet, columns, facts)
    except UploadRefused as refusal:
        return past_fault_lines(refusal.faults)
    except EarlierRefused as refusal:
        return [("", refusal_words(refusal.code, refusal.params))]
    return []


# --- what columns seem to be -----------------------------------------------------------------------------------------


def scales_of(sheet: PastSheet) -> list[Scale]:
    """The columns that may be questions, those with the same answers together; opinions first."""
    found: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for place, column in enumerate(sheet.header):
        values = column_values(sheet, column)
        if 2 <= len(values) <= MOST_LEVELS:
            labels = sheet.value_labels.get(column, {})
            found.setdefault(tuple((value, labels.get(value, "")) for value in values), []).append(place)
    scales = [_scale(answers, places[:MOST_QUESTIONS]) for answers, places in found.items()]
    return sorted(scales, key=lambda scale: (not scale.is_opinion, scale.columns[0]))


def _scale(answers: tuple[tuple[str, str], ...], places: Sequence[int]) -> Scale:
    keys = {code: heading_key(label or code) for code, label in answers}
    unknown = [code for code, key in keys.items() if DONT_KNOW.search(key) or code in DONT_KNOW_CODES]
    levels = [code for code in keys if code not in unknown]
    if levels and GOOD.search(keys[levels[0]]) and not GOOD.search(keys[levels[-1]]):
        levels.reverse()
    opinion = len(levels) > 2 and any(OPINION.search(keys[code]) for code in levels)
    return Scale(answers, tuple(places), " < ".join(levels), "; ".join(unknown), opinion)


def _first(session: Session, sheet: PastSheet, scales: Sequence[Scale], known: KnownUnits) -> BallotColumns:
    """What is chosen at first: as the last time with this header, else what the headings say."""
    remembered = remembered_columns(session, sheet.header, MAPPING_KIND)
    if remembered:
        return columns_of(remembered)
    guessed = guessed_columns(sheet)
    unit = _unit_column(sheet, known) or guessed.unit_code or guessed.unit_name
    weights = next((name for name in sheet.header if heading_key(name).startswith(WEIGHTS)), "")
    personal = personal_columns(sheet.frame(), sheet.column_labels)
    questions = tuple(
        Question(sheet.header[place], sheet.title(sheet.header[place]), ())
        for scale in scales
        if scale.is_opinion
        for place in scale.columns
    )
    return BallotColumns(unit, questions, weights, dropped=tuple(name for name in personal if name != unit))


def _unit_column(sheet: PastSheet, known: KnownUnits) -> str:
    """The column in which most of the different cells are units that are known."""
    for column in sheet.header:
        cells = {text for text in sheet.texts(column) if text}
        found = sum(text in known.names or known.has_name(text) for text in cells) if len(cells) <= MOST_UNITS else 0
        if found > 1 and found * 2 > len(cells):
            return column
    return ""


# --- what was chosen -------------------------------------------------------------------------------------------------


def _chosen(sheet: PastSheet, scales: Sequence[Scale]) -> BallotColumns:
    header, form = sheet.header, request.form
    single = {name: form.get(name, "") if form.get(name) in header else "" for name in SINGLE}
    asked = {int(place) for place in form.getlist("q") if place.isdecimal()}
    questions = tuple(
        Question(
            header[place],
            " ".join(form.get(f"c-{place}", "").replace("\0", "").split())[:LONGEST] or sheet.title(header[place]),
            _codes(form.get(f"s-{k}-levels", ""), "<"),
            _codes(form.get(f"s-{k}-unknown", ""), ";"),
        )
        for k, scale in enumerate(scales)
        for place in scale.columns
        if place in asked
    )
    dropped = {int(place) for place in form.getlist("drop") if place.isdecimal()}
    scoring = form.get("scoring", EVEN)
    return BallotColumns(
        **single,
        questions=questions,
        dropped=tuple(name for place, name in enumerate(header) if place in dropped),
        scoring=scoring if scoring in SCORINGS else EVEN,
        with_index="with_index" in form,
        restore_zeros="restore_zeros" in form,
    )


def _codes(text: str, sign: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(sign) if part.strip())


def _page(
    upload: Waiting,
    facts: EarlierFacts,
    sheet: PastSheet,
    scales: Sequence[Scale],
    columns: BallotColumns,
    *,
    found: Sequence[tuple[str, str]] = (),
    typed: Mapping[str, str] | None = None,
) -> str:
    chosen = {question.column: question for question in columns.questions}
    return page(
        "ballots.html",
        upload=upload,
        facts=facts,
        address=address_of(facts),
        header=sheet.header,
        titles=sheet.column_labels,
        scales=[(scale, *_typed(k, scale, sheet, chosen, typed)) for k, scale in enumerate(scales)],
        columns=columns,
        chosen=chosen,
        personal=personal_columns(sheet.frame(), sheet.column_labels),
        personal_words=PERSONAL,
        scorings=SCORINGS,
        found=found,
        n_rows=len(sheet.rows),
    )


def _typed(
    k: int, scale: Scale, sheet: PastSheet, chosen: Mapping[str, Question], typed: Mapping[str, str] | None
) -> tuple[str, str]:
    """The levels and the don't-know codes of a scale: as they were typed, as the last time, as they are suggested."""
    if typed is not None:
        return typed.get(f"s-{k}-levels", ""), typed.get(f"s-{k}-unknown", "")
    known = next((chosen[sheet.header[p]] for p in scale.columns if sheet.header[p] in chosen), None)
    if known and known.levels:
        return " < ".join(known.levels), "; ".join(known.dont_know)
    return scale.levels, scale.dont_know
