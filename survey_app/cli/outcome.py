"""``survey outcome``: AAPOR's outcome rates of a sample; participation through an open link, which is none of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.disposition import (
    Disposition,
    Mode,
    OutcomeRates,
    count_dispositions,
    dispositions,
    outcome_rates,
    participation,
)
from sampling.faults import SamplingError
from survey_app.cli.size_options import SHARE
from survey_app.cli.tabular import EXISTING, Output, Words, emit, number, output_options, text
from survey_app.table_text import tidy
from survey_app.tables import labels, numbers, read_table

LETTERS = tuple(Disposition)
RATES = tuple(field.name for field in fields(OutcomeRates) if field.type == "float")
COUNTED: dict[str, Words] = {
    "cases": ("số trường hợp được chọn mẫu", "cases of the sample"),
    "I": ("trả lời đầy đủ", "complete"),
    "P": ("trả lời một phần, đủ dùng", "partial, enough to be used"),
    "R": ("từ chối, bỏ dở", "refusal, break-off"),
    "NC": ("không tiếp xúc được", "non-contact"),
    "O": ("thuộc đối tượng, lý do khác", "eligible, other"),
    "UH": ("chưa rõ có nhà, có người hay không", "unknown if there is a household"),
    "UR": ("chưa rõ có người thuộc đối tượng", "unknown if there is an eligible respondent"),
    "UO": ("chưa rõ, lý do khác", "unknown, other"),
    "NE": ("không thuộc đối tượng", "not eligible"),
    "e": ("tỷ lệ thuộc đối tượng trong số chưa rõ (e)", "eligible share of those unknown (e)"),
}
RATED: dict[str, Words] = {
    "rr1": ("trả lời đầy đủ / mọi trường hợp có thể thuộc đối tượng", "complete / all that may be eligible"),
    "rr2": ("như RR1, kể cả trả lời một phần", "as RR1, partials included"),
    "rr3": ("trả lời đầy đủ / thuộc đối tượng, chưa rõ tính theo e", "complete / eligible, unknown cases by e"),
    "rr4": ("như RR3, kể cả trả lời một phần", "as RR3, partials included"),
    "rr5": ("trả lời đầy đủ / đã rõ thuộc đối tượng", "complete / known to be eligible"),
    "rr6": ("như RR5, kể cả trả lời một phần", "as RR5, partials included"),
    "coop1": ("hợp tác: đầy đủ / đã tiếp xúc", "cooperation: complete / contacted"),
    "coop2": ("như COOP1, kể cả trả lời một phần", "as COOP1, partials included"),
    "coop3": ("hợp tác: đầy đủ / trả lời hoặc từ chối", "cooperation: complete / answered or refused"),
    "coop4": ("như COOP3, kể cả trả lời một phần", "as COOP3, partials included"),
    "ref1": ("từ chối / mọi trường hợp có thể thuộc đối tượng", "refusal / all that may be eligible"),
    "ref2": ("từ chối / thuộc đối tượng, chưa rõ tính theo e", "refusal / eligible, unknown cases by e"),
    "ref3": ("từ chối / đã rõ thuộc đối tượng", "refusal / known to be eligible"),
    "con1": ("tiếp xúc được / mọi trường hợp có thể thuộc đối tượng", "contact / all that may be eligible"),
    "con2": ("tiếp xúc được / thuộc đối tượng, chưa rõ tính theo e", "contact / eligible, unknown cases by e"),
    "con3": ("tiếp xúc được / đã rõ thuộc đối tượng", "contact / known to be eligible"),
}
HEADINGS: dict[str, Words] = {
    "figure": ("Chỉ số", "Figure"),
    "value": ("Giá trị", "Value"),
    "meaning": ("Nghĩa", "Meaning"),
    "cases": ("Số ca", "Cases"),
    "landed": ("Lượt mở", "Visits"),
    "completed": ("Phiếu", "Ballots"),
    "participation_rate": ("Tỷ lệ tham gia (%)", "Participation (%)"),
}
NOTES: dict[str, Words] = {
    "rates": (
        "Tỷ lệ theo AAPOR, Standard Definitions (2023), tính bằng %. Khi công bố tỷ lệ trả lời, ghi rõ là RR mấy.",
        "Rates of AAPOR, Standard Definitions (2023), in %. Say which RR it is wherever a response rate is published.",
    ),
    "estimated": (
        "e được ước lượng từ các trường hợp đã rõ{each}: coi trường hợp chưa rõ cũng thuộc đối tượng với tỷ lệ ấy.",
        "e is estimated from the known cases{each}: unknown ones are taken to be eligible as often.",
    ),
    "each": (" của từng nhóm", " of each domain"),
    "given": ("e được cho trước.", "e was given."),
    "weighted": (
        "Có quyền số {name}: số ca theo loại là tổng quyền số, tỷ lệ là của tổng thể chứ không phải của mẫu.",
        "Weighted by {name}: dispositions are sums of weights, and the rates those of the population.",
    ),
    "no_base": (
        "–: không có trường hợp nào ở mẫu số nên không có tỷ lệ.",
        "–: nobody stands in the denominator, so there is no rate.",
    ),
    "participation": (
        "Đây là tỷ lệ tham gia, KHÔNG phải tỷ lệ trả lời: đường dẫn mở không có mẫu, không ai biết có bao nhiêu người "
        "đã thấy nó; đừng đặt cạnh RR1–RR6.",
        "This is participation, NOT a response rate: an open link has no sample and nobody knows how many people saw "
        "it; do not set it beside RR1–RR6.",
    ),
}
TWO_FORMS = "hoặc FILE --code COL, hoặc --landed N --completed M / either FILE --code COL, or --landed N --completed M"


@dataclass(frozen=True, slots=True)
class _Cases:
    """The columns of a file that rates are made of."""

    groups: npt.NDArray[np.object_]
    row_weights: npt.NDArray[np.float64] | None
    domains: pd.DataFrame  # no column: the whole
    e: float | None

    def table(self) -> pd.DataFrame:
        """A row for each domain: its values, cases, dispositions, e, rates."""
        if self.domains.empty:
            return pd.DataFrame([self._row(np.arange(len(self.groups)), "")])
        rows = []
        for named, where in self.domains.groupby(list(self.domains), sort=True).indices.items():
            values = named if isinstance(named, tuple) else (named,)
            called = ", ".join(f"{name} {value}" for name, value in zip(self.domains, values, strict=True))
            rows.append(dict(zip(self.domains, values, strict=True)) | self._row(np.asarray(where), called))
        return pd.DataFrame(rows)

    def _row(self, where: npt.NDArray[np.int64], called: str) -> dict[str, object]:
        counts = count_dispositions(self.groups[where], None if self.row_weights is None else self.row_weights[where])
        if called and self.e is None and counts.known_eligible + counts.ne <= 0:
            raise SamplingError("no_known_cases_in", domain=called)
        found = outcome_rates(counts, e=self.e, weighted=self.row_weights is not None)
        counted = {letter.value: getattr(counts, letter.lower()) for letter in LETTERS}
        if self.row_weights is None:
            counted = {letter: int(value) for letter, value in counted.items()}
        rates = {name: getattr(found, name) for name in RATES}
        return {"cases": len(where), **counted, "e": found.e["UH"], **rates}


@click.command()
@click.argument("file", type=EXISTING, required=False)
@click.option(
    "--code", metavar="COL", help="Column of final dispositions: 1.1, 2.112, 3.19 …, or I P R NC O UH UR UO NE."
)
@click.option("--by", multiple=True, metavar="COL", help="Rates for each value; repeatable.")
@click.option("--weights", metavar="COL", help="Design weights of the sampled cases.")
@click.option("--eligible-share", "e", type=SHARE, help="e, e.g. 60%; estimated from the known cases if not given.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="Refuse codes of other modes.")
@click.option("--landed", type=click.IntRange(min=0), help="Open link: visits that opened the form.")
@click.option("--completed", type=click.IntRange(min=0), help="Open link: ballots sent.")
@output_options
def outcome(*, file: Path | None, landed: int | None, completed: int | None, output: Output, **given: Any) -> None:
    """Response, cooperation, refusal and contact rates of a sample by AAPOR's definitions.

    FILE has a row for each sampled case, whatever became of it. An open link has no sample: with --landed and
    --completed its participation rate is shown, which is no response rate.

    \b
    Examples:
      survey outcome cases.csv --code outcome
      survey outcome cases.sav --code outcome --by commune --weights design_weight --eligible-share 60%
      survey outcome --landed 5400 --completed 1310
    """
    of_link = (landed, completed) != (None, None)
    if of_link:
        idle = [name for name, value in given.items() if value]
        if file is not None or idle or landed is None or completed is None:
            raise click.UsageError(TWO_FORMS)
        _show_participation(landed, completed, output)
    elif file is None or not given["code"]:
        raise click.UsageError(TWO_FORMS)
    else:
        _show_rates(_read(file, given), given, output)


def _read(path: Path, given: dict[str, Any]) -> _Cases:
    table = read_table(path)
    codes = labels(table, given["code"], path=path)
    row_weights = None
    if given["weights"]:
        row_weights = numbers(table, given["weights"], path=path)
        if np.isnan(row_weights).any():
            labels(table, given["weights"], path=path)  # says in which rows it is blank
    domains = pd.DataFrame({tidy(name): labels(table, name, path=path) for name in given["by"]}, index=table.index)
    mode = Mode(given["mode"]) if given["mode"] else None
    return _Cases(dispositions(codes, mode=mode), row_weights, domains, given["e"])


def _show_rates(cases: _Cases, given: dict[str, Any], output: Output) -> None:
    found, lang = cases.table(), output.lang
    notes = [text(NOTES["rates"], lang)]
    each = text(NOTES["each"], lang) if given["by"] else ""
    notes.append(text(NOTES["given"] if given["e"] is not None else NOTES["estimated"], lang, each=each))
    if given["weights"]:
        notes.append(text(NOTES["weighted"], lang, name=given["weights"]))
    if found[list(RATES)].isna().any(axis=None):
        notes.append(text(NOTES["no_base"], lang))
    if output.format != "table" or output.out is not None:
        emit(found, output, notes=notes)
    elif given["by"]:
        shown = found.assign(**{name: 100 * found[name] for name in RATES})
        headings = HEADINGS | {name: (name.upper(), name.upper()) for name in RATES}
        emit(shown, output, notes=notes, headings=headings, digits={"e": 3} | _digits(given))
    else:
        emit(_upright(found.iloc[0], given, lang), output, notes=notes, headings=HEADINGS)


def _digits(given: dict[str, Any]) -> dict[str, int]:
    counts = dict.fromkeys(LETTERS, 1 if given["weights"] else 0)
    return dict.fromkeys(RATES, 1) | {letter.value: places for letter, places in counts.items()}


def _upright(row: pd.Series, given: dict[str, Any], lang: str) -> pd.DataFrame:
    """A line for each figure, with what it means."""
    digits = {"cases": 0, "e": 3} | _digits(given)
    lines = [
        (name, number(row[name], digits[name], lang), text(meaning, lang)) for name, meaning in COUNTED.items()
    ] + [
        (name.upper(), number(100 * row[name], digits[name], lang), text(meaning, lang))
        for name, meaning in RATED.items()
    ]
    return pd.DataFrame(lines, columns=["figure", "value", "meaning"])


def _show_participation(landed: int, completed: int, output: Output) -> None:
    found = participation(landed=landed, completed=completed)
    row = {"landed": found.landed, "completed": found.completed, "participation_rate": found.participation_rate}
    frame = pd.DataFrame([row])
    if output.format == "table" and output.out is None:
        frame["participation_rate"] *= 100
    notes = [text(NOTES["participation"], output.lang)]
    emit(frame, output, notes=notes, headings=HEADINGS, digits={"participation_rate": 1})
