"""``survey factor --confirm``: a measurement model fitted, and its invariance across groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.answer_charts import loadings_map
from analysis.confirmatory import Confirmatory, confirm
from analysis.confirmatory_ordinal import confirm_ordinal
from analysis.fit_indices import ModelFit
from analysis.invariance import InvarianceTest, measurement_invariance
from analysis.measurement import MeasurementModel, known_items, measurement_model
from survey_app.cli import scale_words as words
from survey_app.cli.estimate_data import SurveyFile
from survey_app.cli.item_names import answers_of
from survey_app.cli.parts import Part, show_parts
from survey_app.cli.plotting import chart_words, save_chart
from survey_app.cli.tabular import Output, text
from survey_app.table_text import shown, tidy

LOW_AVE = 0.5
DIGITS = {"chi_square": 2, "df": 0, "items": 0, "z": 2, "chi_square_difference": 2, "df_difference": 0}
FIT_HIDDEN = ("rows", "baseline_chi_square", "baseline_df")


def show_confirmed(
    table: SurveyFile,
    model: str,
    *,
    ordinal: bool,
    missing: int | None,
    show: str | None,
    plot: Path | None,
    output: Output,
) -> None:
    """The model fitted to all rows."""
    parsed, answers = _answers(table, model)
    fitted = (confirm_ordinal if ordinal else confirm)(answers, parsed, missing=missing)
    estimates = _in_words(fitted.estimates, "kind", output)
    parts = [
        Part("estimates", words.TITLES["estimates"], estimates, digits=DIGITS),
        Part("fit", words.TITLES["fit"], _in_words(_fit_table(fitted), "test", output), FIT_HIDDEN, DIGITS),
        Part("factors", words.TITLES["factors"], fitted.factors(), digits=DIGITS),
    ]
    show_parts(parts, show, output, list(_notes(fitted, output.lang)), words.HEADINGS)
    if plot is not None:
        save_chart(loadings_map(_standardized_loadings(fitted), chart_words("loadings", output.lang)), plot)


def show_invariance(
    table: SurveyFile, model: str, by: str, *, missing: int | None, show: str | None, output: Output
) -> None:
    """The model fitted in groups with more and more held equal."""
    parsed, answers = _answers(table, model)
    groups = table.groups(tidy(by))
    labels = groups.map(shown, na_action="ignore").astype(object)
    found = measurement_invariance(answers, parsed, labels, missing=missing)
    estimates = pd.concat([step.estimates.assign(level=step.level.value) for step in found.levels])
    parts = [
        Part("levels", words.TITLES["levels"], _in_words(found.table(), "level", output), ("tli", "srmr"), DIGITS),
        Part("means", words.TITLES["means"], found.factor_means, digits=DIGITS),
        Part("estimates", words.TITLES["estimates"], estimates, digits=DIGITS, on_request=True),
    ]
    show_parts(parts, show, output, list(_invariance_notes(found, output.lang)), words.HEADINGS)


def _standardized_loadings(fitted: Confirmatory) -> pd.DataFrame:
    """Items by factors; NaN where an item does not load."""
    rows = fitted.estimates[fitted.estimates["kind"] == "loading"]
    matrix = rows.pivot_table(index="item", columns="factor", values="standardized")
    return matrix.reindex(index=list(fitted.model.items), columns=list(fitted.model.factors))


def _answers(table: SurveyFile, model: str) -> tuple[MeasurementModel, pd.DataFrame]:
    parsed = measurement_model(model)
    tidied = MeasurementModel(parsed.factors, tuple(tuple(tidy(item) for item in items) for items in parsed.loads))
    names = known_items(tidied, list(table.frame.columns))
    return tidied, answers_of(table, names)


def _in_words(frame: pd.DataFrame, column: str, output: Output) -> pd.DataFrame:
    """Kinds of rows in the language of the screen; files keep the codes."""
    if output.out is not None or output.format != "table":
        return frame
    return frame.assign(**{column: [text(words.VALUES[code], output.lang) for code in frame[column]]})


def _fit_table(fitted: Confirmatory) -> pd.DataFrame:
    fits: list[tuple[str, ModelFit]] = [("plain" if fitted.scaled_fit else "ml", fitted.fit)]
    if fitted.scaled_fit:
        fits.insert(0, ("adjusted", fitted.scaled_fit))
    rows = [
        {
            "test": name,
            "n": fitted.n,
            "rows": fitted.n_rows,
            "chi_square": fit.chi_square,
            "df": fit.df,
            "p": fit.p,
            "cfi": fit.cfi,
            "tli": fit.tli,
            "rmsea": fit.rmsea.value,
            "rmsea_low": fit.rmsea.low,
            "rmsea_high": fit.rmsea.high,
            "srmr": fit.srmr,
            "baseline_chi_square": fit.baseline_chi_square,
            "baseline_df": fit.baseline_df,
        }
        for name, fit in fits
    ]
    return pd.DataFrame(rows)


def _notes(fitted: Confirmatory, lang: str) -> Iterator[str]:
    if fitted.n < fitted.n_rows:
        yield text(words.NOTES["dropped"], lang, dropped=fitted.n_rows - fitted.n, rows=fitted.n_rows)
    yield text(words.NOTES["first_item"], lang)
    if fitted.scaled_fit:
        yield text(words.NOTES["adjusted"], lang)
    if against := list(_against_the_rest(fitted)):
        yield text(words.NOTES["mixed_signs"], lang, items=", ".join(against))
    low = np.array(fitted.model.factors)[fitted.average_variance < LOW_AVE]
    if len(low):
        yield text(words.NOTES["low_ave"], lang, factors=", ".join(low))


def _against_the_rest(fitted: Confirmatory) -> Iterator[str]:
    """Items whose loading has another sign than most of their factor; the first item where signs are even."""
    loadings = fitted.estimates[fitted.estimates["kind"] == "loading"]
    for _factor, rows in loadings.groupby("factor", sort=False):
        signs = np.sign(rows["standardized"])
        yield from rows["item"][signs * (1 if signs.sum() >= 0 else -1) < 0]


def _invariance_notes(found: InvarianceTest, lang: str) -> Iterator[str]:
    if found.dropped:
        yield text(words.NOTES["no_group"], lang, dropped=found.dropped)
    groups = "; ".join(f"{label}: {size}" for label, size in found.groups)
    yield text(words.NOTES["invariance"], lang, groups=groups)
    yield text(words.NOTES["first_item"], lang)
