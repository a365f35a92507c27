"""``survey weight``: weights of a sample by a recipe, for every row of a file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sampling.calibration import Calibration
from sampling.faults import SamplingError
from sampling.nonresponse import Outcome
from sampling.recipe import Recipe, parse_recipe
from sampling.weighting import Weighting, follow
from sampling.weights import kish, kish_by_domain
from survey_app.cli.file_columns import FileColumns, read_controls
from survey_app.cli.tabular import EXISTING, OUTPUT_FILE, Output, emit, number, progress, tell_written, text
from survey_app.table_text import tidy
from survey_app.tables import SUFFIXES, read_table, write_table

Bools = npt.NDArray[np.bool_]

HEADINGS = {
    "step": ("Bước", "Step"),
    "column": ("Cột", "Column"),
    "domain": ("Nhóm", "Domain"),
    "n": ("n", "n"),
    "total": ("Tổng quyền số", "Sum of weights"),
    "deff_w": ("deff_w", "deff_w"),
    "min_factor": ("Hệ số nhỏ nhất", "Smallest factor"),
    "max_factor": ("Hệ số lớn nhất", "Largest factor"),
    "largest_gap": ("Lệch số kiểm soát", "Gap to controls"),
    "effective_n": ("n hiệu dụng", "Effective n"),
    "smallest": ("Quyền số nhỏ nhất", "Least weight"),
    "largest": ("Quyền số lớn nhất", "Greatest weight"),
    "cv": ("CV", "CV"),
}
DIGITS = {
    "effective_n": 1,
    "smallest": 4,
    "largest": 4,
    "cv": 4,
    "total": 2,
    "deff_w": 4,
    "min_factor": 4,
    "max_factor": 4,
    "largest_gap": 8,
}
STEPS = {
    "design": ("thiết kế", "design"),
    "eligibility": ("chưa rõ đối tượng", "eligibility"),
    "nonresponse": ("không trả lời", "nonresponse"),
    "calibrate": ("hiệu chỉnh", "calibrate"),
    "trim": ("cắt", "trim"),
}
WORKING = ("Đang tính quyền số", "Weighting")
STATUSES = {
    Outcome.RESPONDENT: ("trả lời", "respondents"),
    Outcome.NONRESPONDENT: ("không trả lời", "nonrespondents"),
    Outcome.INELIGIBLE: ("ngoài đối tượng", "ineligible"),
    Outcome.UNKNOWN: ("chưa rõ đối tượng", "eligibility unknown"),
}
NOTES = {
    "final": (
        "Quyền số cuối: {name}; cỡ mẫu hiệu dụng {effective} trên {n} người trả lời",
        "Final weight: {name}; effective sample size {effective} of {n} respondents",
    ),
    "statuses": ("Số dòng: {counts}", "Rows: {counts}"),
    "collapsed": (
        "{step}: {n} lớp được gộp theo thứ tự đã khai báo: {names}",
        "{step}: {n} classes were collapsed in the declared order: {names}",
    ),
    "negative": (
        "{n} dòng có quyền số âm (phương pháp linear không có giới hạn); đặt bounds nếu không chấp nhận",
        "{n} rows have a weight below zero (linear distance without bounds); set bounds if that will not do",
    ),
    "trimmed": (
        "Giới hạn quyền số [{lower}, {upper}]: {low} dòng ở giới hạn dưới, {high} dòng ở giới hạn trên",
        "Bounds of weights [{lower}, {upper}]: {low} rows at the lower, {high} rows at the upper",
    ),
    "domains": (
        "deff_w của nhóm: cái giá của quyền số không đều trong nhóm ấy (Kish); n hiệu dụng = n / deff_w.",
        "deff_w of a domain: the price of unequal weights in it (Kish); effective n = n / deff_w.",
    ),
    "recipe": ("Công thức SHA-256 {digest}", "Recipe SHA-256 {digest}"),
}


def _table_suffix(_context: click.Context, _option: click.Parameter, out: Path) -> Path:
    """Refused before any work is done."""
    if out.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{out.suffix!r} is none of {', '.join(SUFFIXES)}")
    return out


@click.command("weight")
@click.argument("file", type=EXISTING)
@click.option("--recipe", "recipe_file", type=EXISTING, required=True, help="The recipe (.yaml); see below.")
@click.option("--out", type=OUTPUT_FILE, required=True, callback=_table_suffix, help="Weighted rows: .csv .sav .dta …")
@click.option("--report", type=OUTPUT_FILE, help="Steps, classes, controls reached and hashes, as JSON.")
@click.option("--respondents-only", is_flag=True, help="Write only the rows that have a final weight.")
@click.option(
    "--by",
    multiple=True,
    metavar="COL",
    help="Kish's deff and effective n by this column, in the report too; csv and json show them instead of the steps.",
)
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def weigh(
    file: Path,
    *,
    recipe_file: Path,
    out: Path,
    report: Path | None,
    respondents_only: bool,
    by: tuple[str, ...],
    format_: str,
    lang: str,
) -> None:
    """Weights of a sample by a recipe: design, eligibility, nonresponse, calibration, trimming.

    FILE (.csv, .sav, .dta, .xlsx, .parquet) has a row for each sampled case. All rows are written to --out with the
    new columns weighting_status, design_weight, nonresponse_factor, adjusted_weight, calibrated_weight and
    trimmed_weight, as far as the recipe makes them. Weights of rows that did not answer are 0.

    \b
    Example:
      survey weight sample.csv --recipe recipe.yaml --out weighted.csv --report weights.json
      survey weight sample.csv --recipe recipe.yaml --out weighted.csv --by commune --by age_group
    \b
    recipe.yaml:
      design: {column: design_weight}      # or inclusion_probabilities: [pi_commune, pi_person]
      outcome: {column: outcome, codes: aapor}
      eligibility: {classes: [commune]}
      nonresponse: {method: classes, classes: [commune, age_group], collapse: [[commune]], min_cases: 20}
      calibrate:
        method: rake                       # poststratify, rake, linear, raking, logit
        margins:                           # or controls: controls.csv (columns margin, level, total)
          sex: {F: 3120, M: 3074}
          age_group: {18-39: 2800, 40-59: 2100, 60+: 1294}
      trim: {rule: median, factor: 5}      # or lower: 10, upper: 90
    """
    if out.resolve() == file.resolve():
        raise click.UsageError(f"--out {out} is the file itself; write to another one")
    raw, controls = _recipe(recipe_file)
    recipe = parse_recipe(raw, controls=controls)
    with progress(3, text(WORKING, lang)) as done:
        frame = read_table(file)
        done(1)
        made = follow(recipe, FileColumns(frame, file))
        domains = _by_domain(made, FileColumns(frame, file), by)
        done(1)
        weighted = _with_columns(frame, made)
        if respondents_only:
            weighted = weighted[made.columns["weighting_status"].to_numpy() == Outcome.RESPONDENT]
        write_table(weighted, out)
        done(1)
    if report is not None:
        report.write_text(_report(recipe, made, file, recipe_file, domains), encoding="utf-8")
    _show(made, domains, Output(format_, None, lang), _notes(recipe, made, lang))
    tell_written(out, len(weighted), lang)


def _show(made: Weighting, domains: pd.DataFrame | None, output: Output, notes: list[str]) -> None:
    """Steps, and below them the domains; a file has one table, so there the domains take the place of the steps."""
    if output.format != "table":
        emit(made.steps if domains is None else domains, output, notes=notes)
        return
    steps = made.steps.assign(step=[text(STEPS[step], output.lang) for step in made.steps["step"]])
    emit(steps, output, notes=[] if domains is not None else notes, headings=HEADINGS, digits=DIGITS)
    if domains is not None:
        click.echo()
        emit(domains, output, notes=[*notes, text(NOTES["domains"], output.lang)], headings=HEADINGS, digits=DIGITS)


def _by_domain(made: Weighting, file: FileColumns, by: tuple[str, ...]) -> pd.DataFrame | None:
    """Kish's figures of the respondents by each column: ``column``, ``domain`` and those of ``kish_by_domain``."""
    if not by:
        return None
    answered = (made.columns["weighting_status"] == Outcome.RESPONDENT).to_numpy()
    final = made.columns.loc[answered, made.final_weight].to_numpy()
    tables = []
    for name in dict.fromkeys(tidy(column) for column in by):
        table = kish_by_domain(final, file.labels(name, answered)[answered], name=name).sort_values("domain")
        table.insert(0, "column", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _recipe(path: Path) -> tuple[object, dict[str, dict[str, float]] | None]:
    """What the file says, scalars as they are written, and the controls of the file it names."""
    try:
        raw = YAML(typ="base", pure=True).load(path.read_text(encoding="utf-8-sig"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise SamplingError("recipe_unreadable", path=path, reason=" ".join(str(error).split())) from error
    calibrate = raw.get("calibrate") if isinstance(raw, Mapping) else None
    named = calibrate.get("controls") if isinstance(calibrate, Mapping) else None
    return raw, read_controls(path.parent / str(named)) if named else None


def _with_columns(frame: pd.DataFrame, made: Weighting) -> pd.DataFrame:
    """The rows with the new columns; a column of the file is not written over."""
    new = made.columns
    for name in new:
        if name in frame and not _same(frame[name], new[name]):
            raise SamplingError("output_column_exists", column=name)
    added = new[[name for name in new if name not in frame]].set_axis(frame.index)
    joined = pd.concat([frame, added], axis=1)
    joined.attrs = frame.attrs
    return joined


def _same(one: pd.Series, two: pd.Series) -> bool:
    numeric = all(pd.api.types.is_numeric_dtype(column.dtype) for column in (one, two))
    return numeric and bool(np.allclose(one.to_numpy(dtype=float), two.to_numpy(dtype=float), rtol=1e-12, atol=0))


def _notes(recipe: Recipe, made: Weighting, lang: str) -> list[str]:
    status = made.columns["weighting_status"]
    answered = status == Outcome.RESPONDENT
    final = made.columns.loc[answered, made.final_weight].to_numpy()
    effective = final.sum() ** 2 / float(final @ final)
    counts = status.value_counts()
    told = ", ".join(
        f"{text(words, lang)} {counts[outcome]}" for outcome, words in STATUSES.items() if outcome in counts
    )
    facts = {"name": made.final_weight, "effective": number(effective, 1, lang), "n": int(answered.sum())}
    notes = [text(NOTES["final"], lang, **facts), text(NOTES["statuses"], lang, counts=told)]
    for step, table in made.classes.items():
        wider = table[table["level"] > 0]
        if len(wider):
            names = ", ".join(wider["class"])
            notes.append(text(NOTES["collapsed"], lang, step=text(STEPS[step], lang), n=len(wider), names=names))
    if made.calibration is not None and made.calibration.n_negative:
        notes.append(text(NOTES["negative"], lang, n=made.calibration.n_negative))
    if made.trimming is not None:
        lower, upper = (number(bound, 4, lang) for bound in (made.trimming.lower, made.trimming.upper))
        trimmed = {"lower": lower, "upper": upper, "low": made.trimming.n_low, "high": made.trimming.n_high}
        notes.append(text(NOTES["trimmed"], lang, **trimmed))
    return [*notes, text(NOTES["recipe"], lang, digest=recipe.sha256)]


def _report(recipe: Recipe, made: Weighting, file: Path, recipe_file: Path, domains: pd.DataFrame | None) -> str:
    """What was done and reached, with the hashes from which it can be done again."""
    positive = made.columns[made.final_weight].to_numpy()
    answered = positive[(made.columns["weighting_status"] == Outcome.RESPONDENT).to_numpy()]
    effect = kish(answered) if answered.min() > 0 else None
    content: dict[str, Any] = {
        "title": recipe.title,
        "file": {"name": file.name, "sha256": _digest(file), "rows": len(made.columns)},
        "recipe": {"name": recipe_file.name, "sha256": recipe.sha256},
        "final_weight": made.final_weight,
        "statuses": {str(key): int(n) for key, n in made.columns["weighting_status"].value_counts().items()},
        "deff_w": effect.deff_w if effect else None,
        "effective_n": effect.effective_n if effect else None,
        "steps": _records(made.steps),
        "classes": {step: _records(table) for step, table in made.classes.items()},
    }
    if domains is not None:
        content["domains"] = _records(domains)
    if made.calibration is not None:
        content["calibration"] = _calibration(made.calibration)
    if made.trimming is not None:
        trimming = made.trimming
        content["trimming"] = {
            "lower": trimming.lower,
            "upper": _finite(trimming.upper),
            "n_low": trimming.n_low,
            "n_high": trimming.n_high,
        }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _calibration(calibration: Calibration) -> dict[str, object]:
    reached = calibration.auxiliary.T @ calibration.calibrated_weights
    rows = zip(calibration.columns, calibration.totals, reached, strict=True)
    return {
        "distance": calibration.distance.value,
        "bounds": calibration.bounds,
        "iterations": calibration.iterations,
        "largest_gap": calibration.largest_gap,
        "n_negative": calibration.n_negative,
        "controls": [{"control": name, "wanted": float(t), "reached": float(r)} for name, t, r in rows],
    }


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as JSON knows them; NaN is null."""
    columns = [[_finite(value) for value in table[name].tolist()] for name in table]
    return [dict(zip(map(str, table.columns), row, strict=True)) for row in zip(*columns, strict=True)]


def _finite(value: Any) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
