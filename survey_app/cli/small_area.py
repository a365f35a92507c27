"""``survey small-area``: Fay-Herriot estimates for areas with few answers, each flagged that it borrows strength."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from analysis.faults import AnalysisError
from analysis.small_areas import Fitting, SmallAreas, benchmarked, fay_herriot
from analysis.unit_charts import dot_plot
from survey_app.cli import rank_words as words
from survey_app.cli.estimate_data import SurveyFile
from survey_app.cli.plotting import chart_words, plot_option, save_chart
from survey_app.cli.tabular import EXISTING, Output, emit, number, output_options, text
from survey_app.table_faults import listed
from survey_app.table_text import shown, tidy
from survey_app.tables import file_rows, labels, numbers, read_table

Floats = npt.NDArray[np.float64]
HIDDEN = ("synthetic", "residual", "ci_low", "ci_high")
SUSPECT = 0.05  # p of the residuals below which a note says what to do


@click.command("small-area")
@click.argument("file", type=EXISTING)
@click.argument("covariates", nargs=-1, metavar="[COVARIATE]...")
@click.option("--area", required=True, metavar="COL", help="The column that names the areas.")
@click.option("--estimate", required=True, metavar="COL", help="Direct estimates; blank where an area has no sample.")
@click.option("--variance", metavar="COL", help="Their sampling variances; or")
@click.option("--se", metavar="COL", help="their standard errors.")
@click.option("--category", multiple=True, metavar="COL", help="A covariate of codes, with an effect for each.")
@click.option(
    "--method", type=click.Choice([method.value for method in Fitting]), default="reml", show_default=True,
    help="How the variance between areas is found.",
)  # fmt: skip
@click.option("--benchmark", metavar="COL", help="Shares of the areas (people): match the direct mean by them.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@plot_option
@output_options
def small_area(
    *,
    file: Path,
    covariates: tuple[str, ...],
    area: str,
    estimate: str,
    variance: str | None,
    se: str | None,
    category: tuple[str, ...],
    method: str,
    benchmark: str | None,
    level: float,
    plot: Path | None,
    output: Output,
) -> None:
    """Model estimates of areas from direct ones and covariates. They inform; no points and no ranks are made of them.

    \b
    survey small-area communes.csv --area commune --estimate mean --se se poverty urban
    survey small-area milk.csv --area small_area --estimate yi --se sd --category major_area --method ml
    survey small-area communes.sav --area code --estimate mean --variance v poverty --benchmark people --out fh.csv

    The file has one row for each area, also for those without a sample (estimate and error blank): they get the
    regression alone. The column "borrowed" says of every estimate whether it borrows strength from other areas.
    """
    if not 0 < level < 1:
        raise click.BadParameter(f"{level:g} is not between 0 and 1", param_hint="--level")
    if (variance is None) == (se is None):
        raise click.UsageError("one of --variance and --se is needed")
    table = SurveyFile(file, read_table(file))
    names = _areas(table, area)
    given = numbers(table.frame, str(variance or se), path=file)
    if se is not None:
        given = np.copysign(given**2, given)  # a negative error stays one, and is refused
    columns = dict(_covariates(table, covariates, category))
    matrix = np.column_stack(list(columns.values())) if columns else np.empty((len(names), 0))
    direct = numbers(table.frame, estimate, path=file)
    rows = file_rows(np.ones(len(names), dtype=np.bool_), file)
    found = fay_herriot(direct, given, matrix, names=list(columns), method=Fitting(method), rows=rows)
    moved = found if benchmark is None else benchmarked(found, table.amounts(benchmark))
    result = _rows(names, moved, level)
    _show(result, output, list(_notes(found, moved, benchmark, output.lang)))
    if plot is not None:
        _draw(result, plot, output.lang, level)


def _areas(table: SurveyFile, area: str) -> list[str]:
    """The names of the areas, each once."""
    names = labels(table.frame, area, path=table.path)
    twice = names.duplicated(keep=False).to_numpy()
    if twice.any():
        first = names[twice].iloc[0]
        rows = listed(file_rows((names == first).to_numpy(), table.path))
        raise AnalysisError("unit_twice", unit=first, rows=rows)
    return list(names)


def _covariates(
    table: SurveyFile, covariates: tuple[str, ...], category: tuple[str, ...]
) -> Iterator[tuple[str, Floats]]:
    """Columns of the model; of a category, one for every code but the first."""
    for name in covariates:
        yield tidy(name), numbers(table.frame, name, path=table.path)
    for name in category:
        labels(table.frame, name, path=table.path)  # none may be blank
        codes = table.groups(name)
        for code in sorted(codes.unique())[1:]:
            yield f"{tidy(name)}={shown(code)}", (codes == code).to_numpy(dtype=np.float64)


def _rows(names: list[str], found: SmallAreas, level: float) -> pd.DataFrame:
    table = found.table()
    margin = norm.ppf(0.5 + level / 2) * table["se"]
    table.insert(0, "area", names)
    return table.assign(ci_low=table["estimate"] - margin, ci_high=table["estimate"] + margin)


def _draw(result: pd.DataFrame, plot: Path, lang: str, level: float) -> None:
    """The flag goes with the estimates: in the title, and beside the name of an area without a sample."""
    title = text(words.CHART, lang, level=number(100 * level, 0, lang))
    none = text(words.NO_SAMPLE, lang)
    names = [f"{name} {none}" if source == "synthetic" else name for name, source in result[["area", "source"]].values]
    digits = int(np.clip(1 - np.floor(np.log10(result["se"].median())), 0, 6))  # two figures of a usual error
    chart = dot_plot(result.assign(label=names), chart_words("dots", lang, title=title, level=level), digits=digits)
    save_chart(chart, plot)


def _notes(found: SmallAreas, moved: SmallAreas, benchmark: str | None, lang: str) -> Iterator[str]:
    """The model, and whether it can be believed."""

    def said(code: str, /, **facts: object) -> str:
        return text(words.NOTES[code], lang, **facts)

    checks = found.checks()
    yield said("informs")
    for name, value, error in zip(found.names, found.coefficient, found.coefficient_se, strict=True):
        yield said("coefficient", name=name, value=number(value, 4, lang), se=number(error, 4, lang))
    yield said(
        "variance", method=found.method.value.upper(), variance=_figures(found.variance, lang),
        se=_figures(found.variance_se, lang), ratio=number(checks.variance_ratio, 2, lang),
        gamma=number(100 * checks.mean_gamma, 0, lang),
    )  # fmt: skip
    if found.zero_variance:
        yield said("zero_variance")
    facts = {"w": number(checks.shapiro_w, 3, lang), "p": number(checks.shapiro_p, 3, lang)}
    yield said("normality", beyond=checks.beyond_three, **facts)
    if checks.shapiro_p < SUSPECT:
        yield said("not_normal")
    yield said("covered", share=number(100 * checks.covered, 0, lang))
    if count := int((~found.sampled).sum()):
        yield said("unsampled", count=count)
    if benchmark is not None:
        yield said("benchmarked", move=number(moved.estimate[0] - found.estimate[0], 4, lang), column=benchmark)


def _figures(value: float, lang: str) -> str:
    """Four figures of a number that may be small."""
    return f"{value:.4g}".replace(".", "," if lang == "vi" else ".")


def _show(rows: pd.DataFrame, output: Output, notes: list[str]) -> None:
    if output.out is not None or output.format != "table":
        emit(rows, output, notes=notes)
        return
    screen = rows.drop(columns=list(HIDDEN))
    screen[["direct_cv", "cv"]] *= 100
    screen["source"] = [text(words.SOURCES[source], output.lang) for source in screen["source"]]
    digits = {"direct_cv": 1, "cv": 1, "gamma": 3}
    emit(screen, output, notes=notes, headings=words.HEADINGS, digits=digits)
