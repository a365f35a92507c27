"""``survey sample-size``: how many people must answer, and how many must be asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pandas as pd

from sampling.size import (
    Conditions,
    DomainSizes,
    Precision,
    SampleSize,
    completes_by_domain,
    completes_for_mean,
    completes_for_proportion,
    completes_for_proportion_wilson,
    margin_of_mean,
    margin_of_proportion,
    wilson_margin,
    yamane,
)
from sampling.two_stage import (
    Costs,
    TwoStageSize,
    cluster_deff,
    take_for_budget,
    take_for_cv,
    two_stage_for_budget,
    two_stage_for_cv,
)
from survey_app.cli.communes_table import commune_options, show_typical_commune
from survey_app.cli.size_difference import difference
from survey_app.cli.size_options import AMOUNT, AMOUNT_OR_SHARE, SHARE, aim_options, condition_options
from survey_app.cli.tabular import EXISTING, Output, emit, number, output_options, text
from survey_app.tables import labels, numbers, read_table

METHODS = {
    "normal": ("đúng (xấp xỉ chuẩn)", "proper (normal interval)"),
    "wilson": ("đúng (khoảng Wilson)", "proper (Wilson interval)"),
    "yamane": ("Yamane (chỉ để so sánh)", "Yamane (to compare only)"),
}
HEADINGS = {
    "method": ("Cách tính", "Way"),
    "completes_exact": ("Phiếu (chưa làm tròn)", "Completes, exact"),
    "n_completes": ("Phiếu cần có", "Completes"),
    "invited_exact": ("Mời (chưa làm tròn)", "Invited, exact"),
    "n_invited": ("Số người mời", "Invited"),
    "margin": ("± đạt được", "± reached"),
    "enough_people": ("Đủ người", "Enough people"),
    "n": ("Số phiếu", "Completes"),
    "se": ("Sai số chuẩn", "SE"),
    "cv": ("CV", "CV"),
    "relative_margin": ("± tương đối", "± relative"),
    "domain": ("Nhóm phân tích", "Domain"),
    "population": ("Số người", "People"),
    "n_units_exact": ("Đơn vị cấp một (chưa làm tròn)", "Units, exact"),
    "take_exact": ("Người mỗi đơn vị (chưa làm tròn)", "Per unit, exact"),
    "n_units": ("Đơn vị cấp một", "Units"),
    "take": ("Người mỗi đơn vị", "Per unit"),
    "cost": ("Chi phí", "Cost"),
    "deff": ("Hiệu ứng thiết kế", "Design effect"),
}
DIGITS = {"n": 0, "completes_exact": 2, "invited_exact": 2, "n_units_exact": 2, "take_exact": 2, "cost": 0}
NOTES = {
    "yamane": (
        "Công thức Yamane n = N/(1 + N·e²) giả định: p = 0,5; z = 2 (độ tin cậy 95,45 %); mẫu ngẫu nhiên đơn giản "
        "(hiệu ứng thiết kế 1); mọi người được mời đều thuộc đối tượng và đều trả lời; chỉ công bố một con số cho cả "
        "tổng thể. Trong điều kiện đã cho, mời {n} người thì đạt ±{margin}.",
        "Yamane's n = N/(1 + N·e²) takes for granted: p = 0.5; z = 2 (a confidence of 95.45 %); a simple random sample "
        "(design effect 1); everybody invited is eligible and answers; one figure for the whole population. Under the "
        "conditions given, inviting {n} people reaches ±{margin}.",
    ),
    "yamane_needs": (
        "Yamane không được tính: cần --population và --margin",
        "Yamane's number is left out: it needs --population and --margin",
    ),
    "few": (
        "Không đủ người: mời toàn bộ {n} người thì chỉ có khoảng {answers} phiếu, đạt ±{margin}.",
        "There are not enough people: inviting all {n} gives about {answers} completes and reaches ±{margin}.",
    ),
    "domains": (
        "Tổng các nhóm: {completes} phiếu, mời {invited} người. Nhiều nhất: {largest}.{proportional}",
        "All domains: {completes} completes, {invited} invited. The largest need: {largest}.{proportional}",
    ),
    "proportional": (
        " Nếu phân bổ theo tỷ lệ dân số mà nhóm nào cũng đủ: {n} phiếu.",
        " Shared out in proportion to people with enough in every domain: {n} completes.",
    ),
    "relative": ("± là tỷ lệ so với trung bình", "± is a share of the mean"),
    "deff": (
        "Hiệu ứng thiết kế 1 + (số người mỗi đơn vị − 1) × ICC = {deff}; ICC = {icc} (giả định cho đến khi ước lượng "
        "được).",
        "Design effect 1 + (people per unit − 1) × ICC = {deff}; ICC = {icc} (assumed until it has been estimated).",
    ),
}


@click.group("sample-size")
def sample_size() -> None:
    """How many people must answer, and how many must be asked.

    A share to within 5 points among 1,200 officials of whom 60 % answer; communes and their thôn:

    \b
    survey sample-size proportion --margin 5% --population 1200 --response 60%
    survey sample-size communes --margin 5% --city-margin 1% --p 84%
    """


@sample_size.command()
@click.option("--p", type=SHARE, default=0.5, help="Expected share; default 50%, which needs most people.")
@aim_options
@click.option("--n", type=AMOUNT, help="The other way round: what n completes tell.")
@click.option(
    "--domains", type=EXISTING, help="A size for each row of a table: columns domain, population and perhaps p."
)
@condition_options
@output_options
def proportion(
    *, p: float, aim: dict[str, float], n: float | None, domains: Path | None, under: Conditions, output: Output
) -> None:
    """People needed to know a share, with Yamane's number beside it.

    Examples: a size; what 400 completes tell; a size for each commune.

    \b
    survey sample-size proportion --margin 5% --population 3200 --deff 1.5 --response 60%
    survey sample-size proportion --n 400 --p 84% --deff 1.5
    survey sample-size proportion --margin 5% --domains communes.csv
    """
    if n is not None:
        _refuse_beside("--n", aim, domains=domains)
        row = _precision_row("normal", margin_of_proportion(n, p=p, under=under))
        wilson = {"method": "wilson", "n": n, "se": math.nan, "margin": wilson_margin(n, p=p, under=under)}
        _show([row, wilson], output)
    elif domains is not None:
        if under.population is not None:
            raise click.UsageError("--domains có cột population, bỏ / has a column population, leave out: --population")
        _show_domains(_sizes_of_domains(domains, p, aim, under), output)
    else:
        rows, notes = _proportion_rows(p, aim, under, output.lang)
        _show(rows, output, notes)


@sample_size.command()
@click.option("--sd", type=AMOUNT, help="Standard deviation.")
@click.option("--mean", "mean_value", type=AMOUNT, help="Expected mean; needed for relative aims.")
@click.option("--unit-cv", type=AMOUNT_OR_SHARE, help="Standard deviation / mean, instead of both.")
@aim_options
@click.option("--n", type=AMOUNT, help="The other way round: what n completes tell.")
@condition_options
@output_options
def mean(
    *,
    sd: float | None,
    mean_value: float | None,
    unit_cv: float | None,
    aim: dict[str, float],
    n: float | None,
    under: Conditions,
    output: Output,
) -> None:
    """People needed to know a mean.

    Example: a satisfaction score with standard deviation 18 to within 2 points of 100.

    \b
    survey sample-size mean --sd 18 --margin 2 --population 1200 --response 60%
    """
    if n is not None:
        _refuse_beside("--n", aim, unit_cv=unit_cv)
        if sd is None:
            raise click.UsageError("--n cần --sd / needs --sd")
        _show([_precision_row("normal", margin_of_mean(n, sd=sd, mean=mean_value, under=under))], output)
        return
    size = completes_for_mean(sd=sd, mean=mean_value, unit_cv=unit_cv, **aim, under=under)
    notes = _few_notes(size, under, output.lang)
    if unit_cv is not None:
        notes.append(text(NOTES["relative"], output.lang))
    _show([_size_row("normal", size)], output, notes)


@sample_size.command()
@click.option("--cost-unit", type=AMOUNT, required=True, help="Price of one more first-stage unit (thôn, office).")
@click.option("--cost-person", type=AMOUNT, required=True, help="Price of one more interview.")
@click.option("--icc", type=SHARE, required=True, help="Likeness of people of one unit; opinions: often 0.02 to 0.10.")
@click.option("--budget", type=AMOUNT, help="The most precise sample that this pays.")
@click.option("--cv", type=SHARE, help="The cheapest sample with this CV.")
@click.option("--margin", type=SHARE, help="The cheapest sample with this margin for a share --p.")
@click.option("--p", type=SHARE, help="Expected share; its unit variance is (1 - p) / p.")
@click.option("--unit-cv", type=AMOUNT_OR_SHARE, help="Standard deviation / mean of people, instead of --p.")
@click.option("--units", type=int, help="The first-stage units, when their number is fixed.")
@click.option("--confidence", type=SHARE, default=0.95, help="Of the margin; default 95%.")
@output_options
def cluster(*, output: Output, **given: Any) -> None:
    """First-stage units and people per unit that are best for the money.

    Examples: for a budget, for a margin.

    \b
    survey sample-size cluster --cost-unit 750 --cost-person 100 --icc 0.05 --p 50% --budget 100000
    survey sample-size cluster --cost-unit 10 --cost-person 1 --icc 0.05 --p 84% --margin 3% --confidence 90%
    """
    under = Conditions(given["confidence"])
    size = _cluster_size(given, under)
    columns = ("n_units_exact", "take_exact", "n_units", "take", "n_completes", "deff", "cv", "cost")
    row = {name: getattr(size, name) for name in columns}
    if given["p"] is not None:
        row["margin"] = under.z * size.cv * given["p"]
    deff = number(cluster_deff(size.take, given["icc"]), 3, output.lang)
    note = text(NOTES["deff"], output.lang, icc=number(given["icc"], 3, output.lang), deff=deff)
    emit(pd.DataFrame([row]), output, notes=[note], headings=HEADINGS, digits=DIGITS)


@sample_size.command()
@click.option("--communes", type=int, default=126, show_default=True, help="How many communes the city has.")
@click.option("--thon", type=int, default=42, show_default=True, help="Thôn of a typical commune.")
@click.option("--adults", type=int, default=50_000, show_default=True, help="Adults of a typical commune.")
@click.option("--p", type=SHARE, default=0.5, help="Expected share; default 50%.")
@click.option("--icc", type=SHARE, default=0.05, show_default=True, help="Likeness of people of one thôn (assumed).")
@click.option("--response", type=SHARE, default=1.0, help="Share of those invited who answer.")
@click.option("--cost-thon", type=AMOUNT, default=10.0, show_default=True, help="Price of one more thôn.")
@click.option("--cost-person", type=AMOUNT, default=1.0, show_default=True, help="Price of one more interview.")
@commune_options
@output_options
def communes(*, output: Output, **given: Any) -> None:
    """Thôn per commune and people per thôn, for a typical commune of a city.

    Examples: a design beside today's; the same with a row for each commune of a file.

    \b
    survey sample-size communes --margin 5% --city-margin 1% --p 84% --beside 2x35.5
    survey allocate communes communes.csv --margin 5% --p 84%
    """
    show_typical_commune(given, output)


sample_size.add_command(difference)


def _cluster_size(given: Mapping[str, Any], under: Conditions) -> TwoStageSize:
    costs = Costs(given["cost_unit"], given["cost_person"])
    aims = [name for name in ("budget", "cv", "margin") if given[name] is not None]
    if len(aims) != 1:
        raise click.UsageError("đúng một trong / exactly one of --budget, --cv, --margin")
    if (given["p"] is None) == (given["unit_cv"] is None):
        raise click.UsageError("đúng một trong / exactly one of --p, --unit-cv")
    relvariance = given["unit_cv"] ** 2 if given["p"] is None else (1 - given["p"]) / given["p"]
    cv = given["cv"]
    if given["margin"] is not None:
        if given["p"] is None:
            raise click.UsageError("--margin cần --p / needs --p")
        cv = given["margin"] / under.z / given["p"]
    icc, units = given["icc"], given["units"]
    if given["budget"] is not None:
        if units is None:
            return two_stage_for_budget(costs, icc, given["budget"], unit_variance=relvariance)
        return take_for_budget(costs, icc, units, given["budget"], unit_variance=relvariance)
    if units is None:
        return two_stage_for_cv(costs, icc, cv, unit_variance=relvariance)
    return take_for_cv(costs, icc, units, cv, unit_variance=relvariance)


def _proportion_rows(
    p: float, aim: dict[str, float], under: Conditions, lang: str
) -> tuple[list[dict[str, object]], list[str]]:
    """The proper number, that for a Wilson interval, Yamane's; and what must be said of them."""
    size = completes_for_proportion(p=p, **aim, under=under)
    rows, notes = [_size_row("normal", size)], _few_notes(size, under, lang)
    margin = aim.get("margin")
    if margin is not None and margin < 0.5:
        rows.append(_size_row("wilson", completes_for_proportion_wilson(p=p, margin=margin, under=under).size))
    if margin is None or under.population is None:
        return rows, [*notes, text(NOTES["yamane_needs"], lang)]
    simple = yamane(under.population, margin, p=p, under=under)
    counts = {"completes_exact": simple.exact, "n_completes": simple.n, "invited_exact": simple.exact}
    rows.append({"method": "yamane", **counts, "n_invited": simple.n, "margin": simple.margin})
    return rows, [*notes, text(NOTES["yamane"], lang, n=simple.n, margin=_points(simple.margin, lang))]


def _sizes_of_domains(path: Path, p: float, aim: dict[str, float], under: Conditions) -> DomainSizes:
    table = read_table(path)
    names = labels(table, "domain", path=path).tolist()
    if len(set(names)) < len(names):
        twin = next(name for name in names if names.count(name) > 1)
        raise click.UsageError(f"{path}: domain {twin!r} có hai dòng / stands twice")
    people = dict(zip(names, numbers(table, "population", path=path).tolist(), strict=True))
    shares = dict(zip(names, numbers(table, "p", path=path).tolist(), strict=True)) if "p" in table else p
    return completes_by_domain(people, p=shares, **aim, under=under)


def _show_domains(sizes: DomainSizes, output: Output) -> None:
    rows = [{"domain": name, **_size_row("", size)} for name, size in sizes.by_domain.items()]
    frame = pd.DataFrame(rows).drop(columns="method")
    exact = sizes.proportional_exact
    proportional = text(NOTES["proportional"], output.lang, n=math.ceil(exact)) if math.isfinite(exact) else ""
    facts = {"completes": sizes.n_completes, "invited": sizes.n_invited, "largest": sizes.largest}
    note = text(NOTES["domains"], output.lang, **facts, proportional=proportional)
    emit(frame, output, notes=[note], headings=HEADINGS, digits=DIGITS)


def _size_row(method: str, size: SampleSize) -> dict[str, object]:
    columns = ("completes_exact", "n_completes", "invited_exact", "n_invited", "margin", "enough_people")
    return {"method": method, **{name: getattr(size, name) for name in columns}}


def _precision_row(method: str, found: Precision) -> dict[str, object]:
    columns = ("n", "se", "margin", "cv", "relative_margin")
    return {"method": method, **{name: getattr(found, name) for name in columns}}


def _few_notes(size: SampleSize, under: Conditions, lang: str) -> list[str]:
    if size.enough_people:
        return []
    answers = math.floor(under.people * under.response_rate)
    return [text(NOTES["few"], lang, n=size.n_invited, answers=answers, margin=_points(size.margin, lang))]


def _points(margin: float, lang: str) -> str:
    return f"{number(100 * margin, 1, lang)} %"


def _refuse_beside(option: str, aim: dict[str, float], **others: object) -> None:
    given = [*aim, *(name for name, value in others.items() if value is not None)]
    if given:
        named = ", ".join("--" + name.replace("_", "-") for name in given)
        raise click.UsageError(f"{option} đứng một mình, bỏ / stands alone, leave out: {named}")


def _show(rows: list[dict[str, object]], output: Output, notes: list[str] | None = None) -> None:
    frame = pd.DataFrame(rows)
    if output.format == "table" and output.out is None:
        frame["method"] = [text(METHODS[name], output.lang) for name in frame["method"]]
    emit(frame, output, notes=notes or [], headings=HEADINGS, digits=DIGITS)
