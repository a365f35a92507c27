"""``survey allocate``: a sample shared among the strata of a file, or between thôn and people of communes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from sampling.allocation import (
    Allocation,
    Method,
    cost_optimal,
    cost_optimal_for_budget,
    cost_optimal_for_se,
    equal,
    neyman,
    power,
    proportional,
)
from sampling.bethel import MultivariateAllocation, PrecisionAim, Variable, bethel, share_variable, variable
from sampling.communes import communes_of
from sampling.quantities import FloatArray
from sampling.strata import Strata, anticipated_se, strata_of
from survey_app.cli.communes_table import commune_options, show_communes
from survey_app.cli.size_options import AMOUNT, AMOUNT_OR_SHARE, SHARE
from survey_app.cli.tabular import EXISTING, OUTPUT_FILE, Output, Words, emit, number, output_options, text
from survey_app.tables import labels, numbers, read_table, write_table

HEADINGS: dict[str, Words] = {
    "stratum": ("Tầng", "Stratum"),
    "population": ("Số người", "People"),
    "exact": ("Chưa làm tròn", "Exact"),
    "n": ("Cỡ mẫu", "n"),
    "fraction": ("Tỷ lệ mẫu", "Fraction"),
    "design_weight": ("Quyền số thiết kế", "Design weight"),
    "bound": ("Bị giữ ở", "Held at"),
}
DIGITS = {"exact": 2, "fraction": 4, "design_weight": 2}
BOUNDS: dict[str, Words] = {
    "": ("", ""),
    "minimum": ("tối thiểu", "minimum"),
    "maximum": ("tối đa", "maximum"),
    "take_all": ("toàn bộ", "take all"),
}
NOTES: dict[str, Words] = {
    "total": ("Tổng: {n} người, chi phí {cost}.", "In all: {n} people, cost {cost}."),
    "se": (
        "Sai số chuẩn dự kiến của trung bình chung: {se}; cùng {n} người phân bổ theo tỷ lệ dân số: {plain}.",
        "Anticipated standard error of the overall mean: {se}; the same {n} people in proportion to people: {plain}.",
    ),
    "se_alone": (
        "Sai số chuẩn dự kiến của trung bình chung: {se}.",
        "Anticipated standard error of the overall mean: {se}.",
    ),
    "aim": (
        "{variable} ({domain}): {kind} yêu cầu {asked}, đạt {reached}{decides}",
        "{variable} ({domain}): {kind} asked {asked}, reached {reached}{decides}",
    ),
    "all": ("chung", "all"),
    "decides": (
        "; quyết định cỡ mẫu: nới 1 % thì bớt {saved} chi phí",
        "; decides: 1 % more would save {saved} of the cost",
    ),
}
# what each method looks at; anything else that is given would be passed over in silence
TAKES: dict[Method, frozenset[str]] = {
    Method.EQUAL: frozenset({"total", "sd", "p"}),
    Method.PROPORTIONAL: frozenset({"total", "sd", "p"}),
    Method.NEYMAN: frozenset({"total", "sd", "p"}),
    Method.COST: frozenset({"total", "budget", "se", "cv", "sd", "p", "mean"}),
    Method.POWER: frozenset({"total", "sd", "p", "mean", "unit_cv", "size", "exponent"}),
    Method.BETHEL: frozenset({"aim", "aims_out"}),
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A file that was read, asked for its columns."""

    frame: pd.DataFrame
    path: Path

    def numbers(self, column: str) -> FloatArray:
        """A column of numbers, NaN where blank."""
        return numbers(self.frame, column, path=self.path)

    def labels(self, column: str) -> list[str]:
        """A column of names."""
        found: list[str] = labels(self.frame, column, path=self.path).tolist()
        return found

    def cells(self, value: str) -> float | FloatArray:
        """A number or share, or else the column of that name."""
        if value not in self.frame.columns and re.fullmatch(r"[0-9]*[.,]?[0-9]+\s*%?", value.strip()):
            return AMOUNT_OR_SHARE.convert(value, None, None)
        return self.numbers(value)


class WithDefault(click.Group):
    """A group whose first word may be left out: ``survey allocate FILE`` is ``survey allocate strata FILE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the default command where the first word is none."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["strata", *args]
        return super().parse_args(ctx, args)


@click.group(cls=WithDefault)
def allocate() -> None:
    """Share a sample among strata, or between thôn and people of communes.

    \b
    survey allocate strata.csv --stratum xa --population so_dan --method proportional --total 2000
    survey allocate communes xa.csv --margin 5% --p 84%

    The word "strata" may be left out; its options: survey allocate strata --help
    """


@allocate.command()
@click.argument("file", type=EXISTING)
@click.option("--stratum", required=True, metavar="COL", help="Names of the strata.")
@click.option("--population", required=True, metavar="COL", help="People of each stratum.")
@click.option("--method", type=click.Choice([str(method) for method in Method]), required=True)
@click.option("--total", type=int, help="People in all.")
@click.option("--budget", type=AMOUNT, help="cost: what may be spent.")
@click.option("--se", type=AMOUNT_OR_SHARE, help="cost: standard error of the overall mean that is enough.")
@click.option("--cv", type=SHARE, help="cost: CV of the overall mean that is enough; needs --mean or --p.")
@click.option("--sd", metavar="COL", help="Standard deviation in each stratum.")
@click.option("--mean", metavar="COL", help="Mean in each stratum.")
@click.option("--p", metavar="COL", help="A share in each stratum, instead of --sd and --mean.")
@click.option("--unit-cv", metavar="COL", help="power: sd / mean of each stratum, instead of both.")
@click.option("--size", metavar="COL", help="power: importance of each stratum; the population if not given.")
@click.option("--exponent", type=AMOUNT, help="power: 0 for equal CVs, 1 for Neyman; 0.5 if not given.")
@click.option("--cost", metavar="COL|NUMBER", help="Price of an interview.")
@click.option("--min", "minimum", metavar="COL|NUMBER", help="At least so many in each stratum; 2 if not given.")
@click.option("--max", "maximum", metavar="COL|NUMBER", help="At most so many in each stratum.")
@click.option("--take-all", metavar="STRATUM", multiple=True, help="Everybody of this stratum; repeatable.")
@click.option("--take-all-column", metavar="COL", help="1 where everybody of the stratum is asked, else 0.")
@click.option("--aim", "aim", metavar="TEXT", multiple=True, help="bethel: what must be known how well; repeatable.")
@click.option("--aims-out", type=OUTPUT_FILE, help="bethel: file for what each aim asks and reaches.")
@output_options
def strata(*, file: Path, output: Output, **given: Any) -> None:
    """Share a sample among the strata of FILE (.csv, .sav, .dta, .xlsx, .parquet).

    \b
    survey allocate xa.csv --stratum xa --population nguoi --method neyman --sd sd --total 2000
    survey allocate xa.csv --stratum xa --population nguoi --method cost --p p --cost gia --se 1% --min 20
    survey allocate xa.csv --stratum xa --population nguoi --method power --p p --total 2000

    Several variables at once, in the city and in each block:

    \b
    survey allocate xa.csv --stratum xa --population nguoi --method bethel \\
        --aim "hai_long p=p_hai_long se=1%" --aim "hai_long p=p_hai_long se=3% by=khoi" \\
        --aim "thoi_gian mean=tb sd=dlc cv=2%"
    """
    method = Method(given["method"])
    _refuse_what_is_not_looked_at(method, given)
    table = Table(read_table(file), file)
    made = _strata(table, given)
    if method is Method.BETHEL:
        several = _bethel(table, made, given["aim"])
        if given["aims_out"] is not None:
            write_table(several.aims, given["aims_out"])
        _show(several.allocation, output, _aim_notes(several, output.lang))
        return
    values = _values(table, made, given)
    found = _allocated(made, values, table, given)
    _show(found, output, _se_notes(found, values, output.lang))


@allocate.command()
@click.argument("file", type=EXISTING)
@click.option("--commune", default="commune", show_default=True, metavar="COL", help="Names of the communes.")
@click.option("--thon", default="thon", show_default=True, metavar="COL", help="How many thôn each has.")
@click.option("--adults", default="adults", show_default=True, metavar="COL", help="How many adults each has.")
@click.option("--p", default="50%", show_default=True, metavar="COL|SHARE", help="Expected share.")
@click.option("--icc", default="0.05", show_default=True, metavar="COL|SHARE", help="Likeness within a thôn (assumed).")
@click.option(
    "--response", default="100%", show_default=True, metavar="COL|SHARE", help="Share of those invited who answer."
)
@click.option("--cost-thon", default="10", show_default=True, metavar="COL|NUMBER", help="Price of one more thôn.")
@click.option(
    "--cost-person", default="1", show_default=True, metavar="COL|NUMBER", help="Price of one more interview."
)
@commune_options
@output_options
def communes(*, file: Path, output: Output, **given: Any) -> None:
    """How many thôn in each commune of FILE and how many people in each thôn reach the margins.

    Each design of --beside has a column; communes that are too small for it say so there.

    \b
    survey allocate communes xa.csv --commune xa --thon so_thon --adults nguoi_lon --margin 5% --p 84%
    survey allocate communes xa.csv --margin 5% --city-margin 1% --variance pooled --response 60% --beside 2x35.5
    """
    table = Table(read_table(file), file)
    city = communes_of(
        table.labels(given["commune"]),
        table.numbers(given["thon"]),
        table.numbers(given["adults"]),
        p=table.cells(given["p"]),
        icc=table.cells(given["icc"]),
        response_rate=table.cells(given["response"]),
        cost_thon=table.cells(given["cost_thon"]),
        cost_person=table.cells(given["cost_person"]),
    )
    show_communes(city, given, output)


def _refuse_what_is_not_looked_at(method: Method, given: Mapping[str, Any]) -> None:
    every = frozenset().union(*TAKES.values())
    idle = [name for name in every - TAKES[method] if given[name] not in (None, ())]
    if idle:
        named = ", ".join("--" + name.replace("_", "-") for name in sorted(idle))
        raise click.UsageError(f"--method {method} không dùng đến / does not look at {named}")
    wanted = [name for name in ("total", "budget", "se", "cv") if name in TAKES[method]]
    if wanted and sum(given[name] is not None for name in wanted) != 1:
        named = ", ".join(f"--{name}" for name in wanted)
        raise click.UsageError(f"--method {method}: cần đúng một trong / needs exactly one of {named}")


def _strata(table: Table, given: Mapping[str, Any]) -> Strata:
    names = table.labels(given["stratum"])
    whole = list(given["take_all"])
    if given["take_all_column"]:
        marks = table.numbers(given["take_all_column"])
        if not np.isin(marks, (0, 1)).all():
            row = int(np.argmax(~np.isin(marks, (0, 1))))
            raise click.UsageError(f"{table.path}: {given['take_all_column']}, tầng / stratum {names[row]!r}: 0, 1")
        whole += [name for name, mark in zip(names, marks, strict=True) if mark == 1]
    bounds = {name: table.cells(given[name]) for name in ("minimum", "maximum") if given[name]}
    cost = table.cells(given["cost"]) if given["cost"] else 1.0
    return strata_of(names, table.numbers(given["population"]), cost=cost, take_all=whole, **bounds)


def _values(table: Table, made: Strata, given: Mapping[str, Any]) -> Variable | None:
    """The variable that is to be known: a share, or a standard deviation with a mean where that is given."""
    if given["p"] is not None:
        if given["sd"] is not None or given["mean"] is not None:
            raise click.UsageError("--p thay cho / stands instead of --sd, --mean")
        return share_variable(made, table.numbers(given["p"]))
    if given["sd"] is None:
        return None
    mean = table.numbers(given["mean"]) if given["mean"] else np.zeros(len(made.names))
    return variable(made, mean, table.numbers(given["sd"]))


def _allocated(made: Strata, values: Variable | None, table: Table, given: Mapping[str, Any]) -> Allocation:
    method = Method(given["method"])
    if method is Method.EQUAL:
        return equal(made, given["total"])
    if method is Method.PROPORTIONAL:
        return proportional(made, given["total"])
    if method is Method.POWER:
        size = table.numbers(given["size"]) if given["size"] else None
        exponent = 0.5 if given["exponent"] is None else given["exponent"]
        unit_cv = _unit_cv(table, values, given)
        return power(made, unit_cv, given["total"], size=size, exponent=exponent)
    if values is None:
        raise click.UsageError(f"--method {method}: cần / needs --sd, --p")
    if method is Method.NEYMAN:
        return neyman(made, values.sd, given["total"])
    return _cost_optimal(made, values, given)


def _cost_optimal(made: Strata, values: Variable, given: Mapping[str, Any]) -> Allocation:
    if given["total"] is not None:
        return cost_optimal(made, values.sd, given["total"])
    if given["budget"] is not None:
        return cost_optimal_for_budget(made, values.sd, given["budget"])
    if given["se"] is not None:
        return cost_optimal_for_se(made, values.sd, given["se"])
    overall = abs(float(made.population @ values.mean)) / made.people
    if overall == 0:
        raise click.UsageError("--cv: cần / needs --mean, --p")
    return cost_optimal_for_se(made, values.sd, given["cv"] * overall)


def _unit_cv(table: Table, values: Variable | None, given: Mapping[str, Any]) -> FloatArray:
    if given["unit_cv"] is not None and values is None:
        return table.numbers(given["unit_cv"])
    if given["unit_cv"] is not None or values is None or not values.mean.all():
        raise click.UsageError("--method power: cần đúng một / needs exactly one: --unit-cv; --p; --sd + --mean (≠ 0)")
    return values.sd / np.abs(values.mean)


def _bethel(table: Table, made: Strata, aims: tuple[str, ...]) -> MultivariateAllocation:
    """``--aim "name mean=COL sd=COL cv=5%"``, ``--aim "name p=COL se=2% by=COL"``."""
    if not aims:
        raise click.UsageError('--method bethel: cần / needs --aim "name p=COL se=2% [by=COL]"')
    variables: dict[str, Variable] = {}
    partitions, found = {}, []
    for aim in aims:
        name, facts = _aim_words(aim)
        values = _aim_variable(table, made, aim, facts)
        same = name not in variables or all(
            np.array_equal(getattr(variables[name], part), getattr(values, part)) for part in ("mean", "sd")
        )
        if not same:
            raise click.UsageError(f"--aim {aim!r}: {name} đã có cột khác / stood for other columns before")
        variables[name] = values
        if "by" in facts:
            partitions[facts["by"]] = table.labels(facts["by"])
        level = {kind: AMOUNT_OR_SHARE.convert(facts[kind], None, None) for kind in ("cv", "se") if kind in facts}
        found.append(PrecisionAim(name, by=facts.get("by"), **level))
    return bethel(made, variables, found, partitions=partitions)


def _aim_words(aim: str) -> tuple[str, dict[str, str]]:
    name, *rest = shlex.split(aim) or [""]
    facts = dict(word.split("=", 1) for word in rest if "=" in word)
    wrong = [
        word for word in rest if "=" not in word or word.split("=", 1)[0] not in ("mean", "sd", "p", "cv", "se", "by")
    ]
    if not name or "=" in name or wrong or len(facts) < len(rest):
        raise click.UsageError(f'--aim {aim!r}: viết / write "name p=COL se=2%" , "name mean=COL sd=COL cv=5% by=COL"')
    return name, facts


def _aim_variable(table: Table, made: Strata, aim: str, facts: Mapping[str, str]) -> Variable:
    if "p" in facts and not {"mean", "sd"} & set(facts):
        return share_variable(made, table.numbers(facts["p"]))
    if "p" not in facts and "sd" in facts and ("mean" in facts or "cv" not in facts):
        mean = table.numbers(facts["mean"]) if "mean" in facts else np.zeros(len(made.names))
        return variable(made, mean, table.numbers(facts["sd"]))
    raise click.UsageError(f"--aim {aim!r}: p=COL, hoặc / or mean=COL sd=COL")


def _show(found: Allocation, output: Output, notes: list[str]) -> None:
    frame = found.table()
    if output.format == "table" and output.out is None:
        frame["bound"] = [text(BOUNDS[bound], output.lang) for bound in frame["bound"]]
    total = text(NOTES["total"], output.lang, n=found.total, cost=number(found.cost, 0, output.lang))
    emit(frame, output, notes=[total, *notes], headings=HEADINGS, digits=DIGITS)


def _se_notes(found: Allocation, values: Variable | None, lang: str) -> list[str]:
    """What the allocation promises for the overall mean, beside a proportional one where that is possible."""
    if values is None:
        return []
    made = found.strata
    se = number(anticipated_se(made, values.sd, found.n), 4, lang)
    if found.method is Method.PROPORTIONAL:
        return [text(NOTES["se_alone"], lang, se=se)]
    plain = anticipated_se(made, values.sd, proportional(made, found.total).n)
    return [text(NOTES["se"], lang, se=se, n=found.total, plain=number(plain, 4, lang))]


def _aim_notes(several: MultivariateAllocation, lang: str) -> list[str]:
    notes = []
    for aim in several.aims.to_dict("records"):
        saved = number(aim["saved_by_1pct"], 1, lang)
        facts = {
            "variable": aim["variable"],
            "domain": f"{aim['by']} = {aim['domain']}" if aim["by"] else text(NOTES["all"], lang),
            "kind": str(aim["kind"]).upper(),
            "asked": number(aim["asked"], 4, lang),
            "reached": number(aim["reached"], 4, lang),
            "decides": text(NOTES["decides"], lang, saved=saved) if aim["price"] > 0 else "",
        }
        notes.append(text(NOTES["aim"], lang, **facts))
    return notes
