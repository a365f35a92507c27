"""``survey draw verify``: make a draw again from its frame and its record, and compare."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.draws import draw as draw_sample
from sampling.frame import as_text, canonical
from sampling.waves import in_waves
from survey_app.cli.draw_files import Record, first_row, read_record, record_path, with_figures
from survey_app.cli.tabular import EXISTING, Output, emit, text
from survey_app.draw_record import engines, sample_table
from survey_app.tables import read_table

SCREEN_DIFFERENCES = 20
CLOSE = 1e-9  # what a file format may do to a number

HEADINGS = {
    "id": ("Mã", "Id"),
    "column": ("Cột", "Column"),
    "found": ("Trong mẫu", "In the sample"),
    "drawn": ("Khi chọn lại", "Drawn again"),
}
IDENTICAL = (
    "Giống hệt: chọn lại từ khung SHA-256 {sha}, hạt giống {seed}, cho đúng {n} dòng của mẫu",
    "Identical: drawn again from the frame SHA-256 {sha} with seed {seed}, the {n} rows are those of the sample",
)
DIFFERENT = ("KHÁC với khi chọn lại: {n} chỗ", "DIFFERENT from the draw made again, places: {n}")
OTHER_FRAME = (
    "KHÁC KHUNG: khung này ({rows} dòng) có SHA-256 {found}, mẫu được chọn từ khung {rows_then} dòng có SHA-256 {sha}",
    "ANOTHER FRAME: this one ({rows} rows) has SHA-256 {found}; the sample was drawn from {rows_then} rows with "
    "SHA-256 {sha}",
)
OTHER_ENGINES = (
    "Mẫu được chọn với {then}, ở đây là {now}: nếu khác nhau, hãy kiểm tra lại với đúng phiên bản đó",
    "The sample was drawn with {then}, here is {now}: if they differ, check again with those versions",
)
DRAWN, NOT_DRAWN = ("có", "drawn"), ("không", "not drawn")


@click.command()
@click.argument("frame", type=EXISTING)
@click.argument("sample", type=EXISTING)
@click.option("--record", type=EXISTING, help="Default: SAMPLE.draw.json.")
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def verify(frame: Path, sample: Path, record: Path | None, format_: str, lang: str) -> None:
    """Make the draw of SAMPLE again from FRAME and say whether the sample is identical; exit status 1 if it is not.

    \b
    survey draw verify residents.csv sample.csv

    Compared are the ids and the columns the draw read or added, and whose turn it is where there are replacements. The
    order of rows is of no consequence, in the frame and in the sample; other columns may have been added or taken out.
    """
    known = read_record(record or record_path(sample))
    table = read_table(frame)
    figures = with_figures(table, known.plan, frame)
    listed = canonical(figures, known.plan.columns(), first_row=first_row(frame))
    if listed.sha256 != known.frame_sha256:
        facts = {"rows": len(listed), "found": listed.sha256, "rows_then": known.n_frame, "sha": known.frame_sha256}
        raise click.ClickException(text(OTHER_FRAME, lang, **facts))
    drawn = draw_sample(figures, known.plan, np.random.default_rng(known.seed), first_row=first_row(frame))
    columns = [*dict.fromkeys([*listed.texts, *listed.numbers, *drawn.columns()])]
    again = sample_table(table, drawn)
    if known.waves is not None:
        turns = in_waves(again, known.plan.id, known.waves, known.seed)
        again, columns = pd.concat([again, turns], axis=1), [*columns, *turns]
    found = differences(read_table(sample), again, known.plan.id, columns, lang)
    _report(found, known, Output(format_, None, lang))


def differences(sample: pd.DataFrame, again: pd.DataFrame, id_: str, columns: list[str], lang: str) -> pd.DataFrame:
    """A row for each id that is in one only, and for each value that differs: id, column, found, drawn."""
    if id_ not in sample.columns:
        return pd.DataFrame([{"id": "–", "column": id_, "found": "–", "drawn": text(DRAWN, lang)}])
    there, here = (table.set_axis(as_text(table[id_]), axis=0) for table in (sample, again))
    yes, no = text(DRAWN, lang), text(NOT_DRAWN, lang)
    rows = [{"id": key, "column": id_, "found": no, "drawn": yes} for key in here.index.difference(there.index)]
    rows += [{"id": key, "column": id_, "found": yes, "drawn": no} for key in there.index.difference(here.index)]
    twice = there.index[there.index.duplicated()]
    rows += [{"id": key, "column": id_, "found": f"{yes} ×2", "drawn": yes} for key in twice]
    both = here.index.intersection(there.index[~there.index.duplicated(keep=False)])
    for column in columns:
        if column not in there:
            rows.append({"id": "–", "column": column, "found": "–", "drawn": yes})
            continue
        left, right = there.loc[both, column], here.loc[both, column]
        wrong = ~_equal(left, right)
        pairs = zip(both[wrong], left[wrong], right[wrong], strict=True)
        rows += [{"id": key, "column": column, "found": str(a), "drawn": str(b)} for key, a, b in pairs]
    return pd.DataFrame(rows, columns=["id", "column", "found", "drawn"])


def _equal(left: pd.Series, right: pd.Series) -> npt.NDArray[np.bool_]:
    if pd.api.types.is_numeric_dtype(left.dtype) and pd.api.types.is_numeric_dtype(right.dtype):
        a, b = (values.to_numpy(dtype=np.float64, na_value=np.nan) for values in (left, right))
        return np.asarray(np.isclose(a, b, rtol=CLOSE, atol=0, equal_nan=True))
    return np.asarray(as_text(left) == as_text(right))


def _report(found: pd.DataFrame, known: Record, output: Output) -> None:
    if found.empty:
        click.echo(text(IDENTICAL, output.lang, sha=known.frame_sha256, seed=known.seed, n=known.n_drawn))
        return
    notes = [text(DIFFERENT, output.lang, n=len(found))]
    if known.engines != engines():
        then, now = (" ".join(f"{name} {of}" for name, of in e.items()) for e in (known.engines, engines()))
        notes.append(text(OTHER_ENGINES, output.lang, then=then, now=now))
    shown = found.head(SCREEN_DIFFERENCES) if output.format == "table" else found
    emit(shown, output, notes=notes, headings=HEADINGS)
    click.get_current_context().exit(1)
