"""``survey factor``: how many factors, which items belong to them, and whether a model of them holds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pandas as pd
from click.core import ParameterSource

from analysis.adequacy import Adequacy, adequacy
from analysis.answer_charts import loadings_map, scree
from analysis.charts import Chart
from analysis.design import survey_design
from analysis.exploratory import FactorSolution, explore
from analysis.extraction import Extraction
from analysis.moments import Missing, Moments, item_moments, refuse_dependent
from analysis.parallel import Eigenvalues, ParallelAnalysis, parallel_analysis
from analysis.polychoric import ordinal_answers, polychoric
from analysis.rotation import Rotation
from survey_app.cli import scale_words as words
from survey_app.cli.design_options import missing_option
from survey_app.cli.estimate_data import SurveyFile
from survey_app.cli.factor_confirm import show_confirmed, show_invariance
from survey_app.cli.item_names import answers_of, named_items
from survey_app.cli.parts import Part, show_parts
from survey_app.cli.plotting import chart_words, plot_option, save_chart
from survey_app.cli.tabular import EXISTING, Output, number, output_options, text
from survey_app.table_text import tidy
from survey_app.tables import read_table

PARALLEL = "parallel"
SEEDS = 10**12
LOW_KMO = 0.5
DIGITS = {"chi_square": 1, "df": 0, "kmo": 3, "bic": 1, "bartlett_chi_square": 1}
FIT_HIDDEN = ("rows", "bartlett_chi_square", "bartlett_df", "bic", "rms_corrected", "null_chi_square", "null_df")
SHOWN = ["fit", "loadings", "factors", "eigenvalues", "scores", "estimates", "levels", "means"]


class NumberOfFactors(click.ParamType[str]):
    """A whole number, or ``parallel``."""

    name = "N|parallel"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The number as text, or ``parallel``."""
        written = str(value).strip().lower()
        if written != PARALLEL and not (written.isdigit() and int(written) > 0):
            self.fail(f"{value!r}: N >= 1, hoặc / or {PARALLEL}", param, ctx)
        return written


@dataclass(frozen=True, slots=True)
class Explored:
    """What exploratory analysis is asked for."""

    factors: str
    extraction: Extraction
    rotation: Rotation
    kind: Eigenvalues
    quantile: float
    n_sets: int
    seed: int
    ordinal: bool
    weighted: bool
    missing: int | None


EXPLORING = ("factors", "extraction", "rotation", "eigenvalues", "quantile", "n_sets", "seed")


@click.command("factor")
@click.argument("file", type=EXISTING)
@click.argument("items", nargs=-1, metavar="[ITEM...]")
@click.option(
    "--factors", type=NumberOfFactors(), metavar="N|parallel", default=PARALLEL, show_default=True, help="How many."
)
@click.option("--extraction", type=click.Choice([way.value for way in Extraction]), default="minres", show_default=True)
@click.option("--rotation", type=click.Choice([way.value for way in Rotation]), default="oblimin", show_default=True)
@click.option("--confirm", metavar="MODEL", help='Fit "A =~ q1 + q2; B =~ q3 + q4", or the model in this file.')
@click.option("--by", metavar="COL", help="With --confirm: is the model the same in these groups?")
@click.option("--ordinal", is_flag=True, help="Answers are ordered levels: polychoric correlations (confirm: WLSMV).")
@click.option("--weights", metavar="COL", help="Weights of the correlations (exploring, not --ordinal).")
@click.option("--pairwise", is_flag=True, help="Correlations of each pair's own rows; without it, complete rows.")
@missing_option
@click.option(
    "--eigenvalues", type=click.Choice([kind.value for kind in Eigenvalues]), default="components", show_default=True,
    help="Which ones are compared with random data.",
)  # fmt: skip
@click.option(
    "--quantile",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of the random eigenvalues.",
)
@click.option("--sets", "n_sets", type=click.IntRange(min=20), default=500, show_default=True, help="Random data sets.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the random data; made and printed if not given.")
@click.option("--show", type=click.Choice(SHOWN), help="One table; csv and json show the first if not told.")
@plot_option
@output_options
def factor(
    *,
    file: Path,
    items: tuple[str, ...],
    factors: str,
    extraction: str,
    rotation: str,
    confirm: str | None,
    by: str | None,
    ordinal: bool,
    weights: str | None,
    pairwise: bool,
    missing: int | None,
    eigenvalues: str,
    quantile: float,
    n_sets: int,
    seed: int | None,
    show: str | None,
    plot: Path | None,
    output: Output,
) -> None:
    """Explore the factors behind items, or confirm a model of them.

    \b
    survey factor ballots.csv q1:q20                                   number by parallel analysis
    survey factor ballots.sav q1:q20 --factors 4 --extraction ml --rotation promax
    survey factor ballots.csv q1:q20 --ordinal --factors 3 --show loadings --format csv
    survey factor ballots.csv --confirm "service =~ q1 + q2 + q3; staff =~ q4 + q5 + q6"
    survey factor ballots.csv --confirm model.txt --ordinal
    survey factor ballots.csv --confirm model.txt --by gender          measurement invariance

    q1:q20 are the columns from q1 to q20 as they stand in the file. Tables of exploring: loadings, fit (with KMO and
    Bartlett), factors, eigenvalues, scores; of confirming: estimates, fit, factors (composite reliability, AVE); with
    --by: levels, means. --plot draws the loadings, with --show eigenvalues those beside random data.
    """
    table = SurveyFile(file, read_table(file))
    if confirm is not None:
        _refuse_exploring()
        if items or weights or pairwise or (by and ordinal):
            raise click.UsageError("--confirm goes without ITEM, --weights, --pairwise; and --by without --ordinal")
        model = _model_text(confirm)
        if by is None:
            show_confirmed(table, model, ordinal=ordinal, missing=missing, show=show, plot=plot, output=output)
        elif plot is not None:
            raise click.UsageError("--plot goes without --by")
        else:
            show_invariance(table, model, by, missing=missing, show=show, output=output)
        return
    if not items or by:
        raise click.UsageError("name ITEM..., or give --confirm (with which --by goes)")
    if ordinal and (weights or pairwise):
        raise click.UsageError("--ordinal goes without --weights and --pairwise")
    asked = Explored(
        factors, Extraction(extraction), Rotation(rotation), Eigenvalues(eigenvalues), quantile, n_sets,
        seed if seed is not None else secrets.randbelow(SEEDS), ordinal, weights is not None, missing,
    )  # fmt: skip
    names = named_items(table, items)
    answers = answers_of(table, names)
    design = survey_design(table.amounts(tidy(weights))) if weights else None
    if ordinal:
        moments = polychoric(ordinal_answers(answers, names, missing=missing)).moments()
    else:
        rule = Missing.PAIRWISE if pairwise else Missing.LISTWISE
        moments = item_moments(answers, names, missing=missing, rule=rule, design=design)
    _show_explored(moments, answers, asked, rule_is_pairwise=pairwise, show=show, plot=plot, output=output)


def _refuse_exploring() -> None:
    """Options of exploring beside a model would be passed over in silence."""
    context = click.get_current_context()
    given = [name for name in EXPLORING if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        flags = ", ".join("--sets" if name == "n_sets" else f"--{name}" for name in given)
        raise click.UsageError(f"--confirm goes without {flags}: they are for exploring")


def _model_text(given: str) -> str:
    """The model itself, or what stands in the file of that name."""
    path = Path(given)
    return path.read_text(encoding="utf-8-sig") if "=~" not in given and path.is_file() else given


def _show_explored(
    moments: Moments,
    answers: pd.DataFrame,
    asked: Explored,
    *,
    rule_is_pairwise: bool,
    show: str | None,
    plot: Path | None,
    output: Output,
) -> None:
    refuse_dependent(moments)
    fitness = adequacy(moments.correlation, moments.n)
    compared = None
    if asked.factors == PARALLEL or show == "eigenvalues":
        rng = np.random.default_rng(asked.seed)
        compared = parallel_analysis(moments, rng, kind=asked.kind, quantile=asked.quantile, n_sets=asked.n_sets)
    notes = list(_data_notes(moments, asked, rule_is_pairwise, output.lang))
    parts: list[Part] = []
    if compared is not None:
        notes += _parallel_notes(compared, asked, output.lang)
    if asked.factors != PARALLEL or (compared is not None and compared.suggested > 0):
        count = int(asked.factors) if asked.factors != PARALLEL or compared is None else compared.suggested
        solution = explore(moments, count, extraction=asked.extraction, rotation=asked.rotation)
        parts += _solution_parts(solution, fitness, moments)
        if show == "scores":
            if asked.ordinal:
                raise click.UsageError("--show scores goes without --ordinal")
            scores = _scores(solution, moments, answers, asked.missing)
            parts.append(Part("scores", words.TITLES["scores"], scores, digits={"row": 0}))
        if solution.heywood:
            notes.append(text(words.NOTES["heywood"], output.lang, items=", ".join(solution.heywood)))
    if compared is not None:
        parts.append(Part("eigenvalues", words.TITLES["eigenvalues"], compared.table(), digits={"number": 0}))
    if fitness.kmo < LOW_KMO:
        notes.append(text(words.NOTES["low_kmo"], output.lang, kmo=number(fitness.kmo, 2, output.lang)))
    show_parts(parts, show, output, notes, words.HEADINGS)
    if plot is not None:
        save_chart(_chart(parts, show, output), plot)


def _chart(parts: list[Part], show: str | None, output: Output) -> Chart:
    """The eigenvalues, if they were asked for or are all there is; else the loadings."""
    tables = {part.name: part.table for part in parts}
    if show == "eigenvalues" or "loadings" not in tables:
        renamed = {"number": "factor", "observed": "eigenvalue", "random_quantile": "reference"}
        return scree(tables["eigenvalues"].rename(columns=renamed), chart_words("scree", output.lang))
    loadings = tables["loadings"].set_index("item").filter(regex=r"^F\d+$")
    return loadings_map(loadings, chart_words("loadings", output.lang))


def _solution_parts(solution: FactorSolution, fitness: Adequacy, moments: Moments) -> Iterator[Part]:
    loadings = solution.table().assign(kmo=fitness.item_kmo)
    yield Part("loadings", words.TITLES["loadings"], loadings, digits=dict.fromkeys(loadings.columns[1:], 3))
    yield Part("fit", words.TITLES["fit"], _fit_table(solution, fitness, moments), FIT_HIDDEN, DIGITS)
    size = len(solution.names)
    frame = pd.DataFrame({"factor": solution.factor_names, "variance": solution.explained})
    frame["share"] = frame["variance"] / size
    frame["cumulative"] = frame["share"].cumsum()
    for place, name in enumerate(solution.factor_names):
        frame[f"r_{name}"] = solution.correlation[:, place]
    yield Part("factors", words.TITLES["factors"], frame, digits=dict.fromkeys(frame.columns[1:], 3))


def _scores(solution: FactorSolution, moments: Moments, answers: pd.DataFrame, missing: int | None) -> pd.DataFrame:
    """Regression scores of complete rows; ``row`` counts the rows of data from 1."""
    spread = np.sqrt(np.diag(moments.covariance))
    values = answers.to_numpy(dtype=np.float64)
    if missing is not None:
        values = np.where(values == missing, np.nan, values)
    found = solution.scores((values - moments.means) / spread)
    frame = pd.DataFrame(found, columns=list(solution.factor_names))
    frame.insert(0, "row", np.arange(1, len(answers) + 1))
    return frame.dropna().reset_index(drop=True)


def _fit_table(solution: FactorSolution, fitness: Adequacy, moments: Moments) -> pd.DataFrame:
    fit = solution.fit
    row = {
        "factors": solution.n_factors,
        "n": solution.n,
        "rows": moments.n_rows,
        "kmo": fitness.kmo,
        "bartlett_chi_square": fitness.chi_square,
        "bartlett_df": fitness.df,
        "bartlett_p": fitness.p,
        "chi_square": fit.chi_square,
        "df": fit.df,
        "p": fit.p,
        "rmsea": fit.rmsea.value,
        "rmsea_low": fit.rmsea.low,
        "rmsea_high": fit.rmsea.high,
        "tli": fit.tli,
        "rms": fit.rms,
        "rms_corrected": fit.rms_corrected,
        "null_chi_square": fit.null_chi_square,
        "null_df": fit.null_df,
        "bic": fit.bic,
    }
    return pd.DataFrame([row])


def _data_notes(moments: Moments, asked: Explored, pairwise: bool, lang: str) -> Iterator[str]:
    if pairwise:
        yield text(words.NOTES["pairwise"], lang)
    elif moments.n < moments.n_rows:
        yield text(words.NOTES["dropped"], lang, dropped=moments.n_rows - moments.n, rows=moments.n_rows)
    if asked.weighted:
        yield text(words.NOTES["weighted_fit"], lang)
    if asked.ordinal:
        yield text(words.NOTES["ordinal_fit"], lang)


def _parallel_notes(found: ParallelAnalysis, asked: Explored, lang: str) -> Iterator[str]:
    facts = {
        "kind": text(words.VALUES[found.kind.value], lang),
        "quantile": number(found.quantile, 2, lang),
        "suggested": found.suggested,
    }
    yield text(words.NOTES["suggested"], lang, **facts)
    yield text(words.NOTES["seed"], lang, seed=asked.seed)
