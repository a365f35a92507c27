"""The two-stage design of communes on screen: options, tables and what must be said beside them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

import click
import numpy as np
import pandas as pd

from sampling.commune_design import commune_design
from sampling.communes import (
    FEW_THON,
    City,
    CommuneDesign,
    Communes,
    Rules,
    VarianceRule,
    communes_of,
    evaluated,
    out_of_reach,
    some_communes,
)
from survey_app.cli.size_options import SHARE
from survey_app.cli.tabular import Output, Words, emit, number, text

HEADINGS: dict[str, Words] = {
    "design": ("Phương án", "Design"),
    "commune": ("Xã/phường", "Commune"),
    "thon": ("Số thôn", "Thôn"),
    "adults": ("Người lớn", "Adults"),
    "n_thon": ("Thôn lấy mẫu", "Thôn drawn"),
    "take": ("Phiếu mỗi thôn", "Completes per thôn"),
    "n_completes": ("Phiếu", "Completes"),
    "invited_per_thon": ("Mời mỗi thôn", "Invited per thôn"),
    "n_invited": ("Số người mời", "Invited"),
    "deff": ("Hiệu ứng thiết kế", "Design effect"),
    "se": ("Sai số chuẩn", "SE"),
    "df": ("Bậc tự do", "df"),
    "margin_own": ("± riêng từng xã", "± own variance"),
    "margin_pooled": ("± phương sai gộp", "± pooled variance"),
    "cost": ("Chi phí", "Cost"),
    "reached": ("Đạt", "Reached"),
    "city_thon": ("Thôn toàn TP", "Thôn, city"),
    "city_completes": ("Phiếu toàn TP", "Completes, city"),
    "city_invited": ("Mời toàn TP", "Invited, city"),
    "city_margin": ("± toàn TP", "± city"),
    "city_cost": ("Chi phí toàn TP", "Cost, city"),
}
CHEAPEST = "cheapest"
CHEAPEST_WORDS: Words = ("rẻ nhất", "cheapest")
DIGITS = {"take": 1, "deff": 2, "se": 4, "df": 0, "margin_own": 3, "margin_pooled": 3, "cost": 0}
CITY_DIGITS = {"city_margin": 4, "city_cost": 0}
CANNOT: dict[str, Words] = {
    "more_thon_than_there_are": ("không thể (thiếu thôn)", "cannot be had (too few thôn)"),
    "more_people_than_there_are": ("không thể (thiếu người)", "cannot be had (too few people)"),
}
NOTES: dict[str, Words] = {
    "cannot": (
        "{design}: không thể thực hiện ở {count} xã/phường quá nhỏ ({names}); số của toàn thành phố ở trên không gồm "
        "các nơi đó.",
        "{design}: cannot be had in communes that are too small ({count}: {names}); the figures of the city above are "
        "without them.",
    ),
    "city": (
        "Toàn thành phố: {n_thon} thôn, {n_completes} phiếu, mời {n_invited} người, ±{margin} điểm phần trăm "
        "({df} bậc tự do), hiệu ứng thiết kế {deff}, chi phí {cost}.",
        "The city: {n_thon} thôn, {n_completes} completes, {n_invited} invited, ±{margin} points ({df} df), design "
        "effect {deff}, cost {cost}.",
    ),
    "missed": (
        "{count} xã/phường không đạt dù lấy mọi thôn và số người tối đa: {names}.",
        "{count} communes do not reach the margin, even from every thôn with as many people as allowed: {names}.",
    ),
    "one_df": (
        "{design}: 2 thôn chỉ cho 1 bậc tự do (t = 12,7): khoảng tin cậy riêng của một xã là ±{own} điểm, không dùng "
        "được; ±{pooled} điểm chỉ đúng khi đã khai báo trước phương sai gộp chung cho các xã.",
        "{design}: 2 thôn leave 1 degree of freedom (t = 12.7): a commune's own interval is ±{own} points, which is of "
        "no use; ±{pooled} points hold only with a pooled variance declared in advance.",
    ),
    "few_df": (
        "Dưới {few} thôn, sai số chuẩn riêng của một xã chỉ là ước đoán: lấy ít nhất {few} thôn hoặc khai báo phương "
        "sai gộp (--variance pooled).",
        "Below {few} thôn a commune's own standard error is a rough guess: draw at least {few} thôn or declare a "
        "pooled variance (--variance pooled).",
    ),
    "assumed": (
        "ICC = {icc} và giá một thôn = {ratio} phiếu là giả định cho đến khi ước lượng được.",
        "ICC = {icc} and a thôn's price of {ratio} interviews are assumed until they have been estimated.",
    ),
}


class Beside(click.ParamType[tuple[int, float]]):
    """A design to compare with: THÔNxPEOPLE, e.g. 2x35.5."""

    name = "thônxpeople"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, float]:
        """Thôn per commune and people per thôn."""
        found = re.fullmatch(r"\s*([0-9]+)\s*[x×*]\s*([0-9]+(?:[.,][0-9]+)?)\s*", str(value))
        if not found:
            self.fail(f"{value!r}: viết / write 2x35.5 (thôn × người mỗi thôn / people per thôn)", param, ctx)
        return int(found[1]), float(found[2].replace(",", "."))


def commune_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add margins and rules of a commune design to a command, which gets them among its named arguments."""

    @click.option("--margin", type=SHARE, help="± for each commune, e.g. 5%.")
    @click.option("--city-margin", type=SHARE, help="± for the city, e.g. 1%.")
    @click.option("--confidence", type=SHARE, default=0.95, help="Default 95%.")
    @click.option(
        "--variance",
        type=click.Choice([str(rule) for rule in VarianceRule]),
        default="own",
        show_default=True,
        help="own: a commune is judged by its own thôn; pooled: a variance common to all communes is declared.",
    )
    @click.option("--min-thon", type=int, help="Least thôn per commune; default 8, or 2 with a pooled variance.")
    @click.option("--most-per-thon", type=int, help="Most completes in one thôn.")
    @click.option("--beside", type=Beside(), multiple=True, help="A design to compare with, e.g. 2x35.5; repeatable.")
    @functools.wraps(command)
    def with_design(*args: object, **kwargs: Any) -> object:
        pooled = kwargs["variance"] == VarianceRule.POOLED
        least = kwargs.pop("min_thon")
        kwargs["rules"] = Rules(
            confidence=kwargs.pop("confidence"),
            variance=VarianceRule(kwargs.pop("variance")),
            minimum_thon=least if least is not None else 2 if pooled else FEW_THON,
            most_per_thon=kwargs.pop("most_per_thon"),
        )
        return command(*args, **kwargs)

    return with_design


def show_typical_commune(given: Mapping[str, Any], output: Output) -> None:
    """A row for the design that is sought, if margins are given, and one for each to compare with."""
    names = [str(place) for place in range(1, given["communes"] + 1)]
    city = communes_of(
        names,
        given["thon"],
        given["adults"],
        p=given["p"],
        icc=given["icc"],
        response_rate=given["response"],
        cost_thon=given["cost_thon"],
        cost_person=given["cost_person"],
    )
    designs = _designs(city, given)
    shown = output.format == "table" and output.out is None
    rows = [_typical_row(_called(name, output.lang) if shown else name, design) for name, design in designs.items()]
    facts = {"icc": number(given["icc"], 3, output.lang), "ratio": f"{given['cost_thon'] / given['cost_person']:g}"}
    notes = [*_notes(designs, given["rules"], output.lang), text(NOTES["assumed"], output.lang, **facts)]
    emit(pd.DataFrame(rows), output, notes=notes, headings=HEADINGS, digits=DIGITS | CITY_DIGITS)


def show_communes(city: Communes, given: Mapping[str, Any], output: Output) -> None:
    """A row for each commune in the design that is sought, with a column for each design to compare with.

    A commune that is too small for such a design says so in its column; the note on the city is of the others.
    """
    if given["margin"] is None and given["city_margin"] is None:
        raise click.UsageError("cần / needs --margin, --city-margin")
    designs = _designs(city, {**given, "beside": ()})
    found = designs[CHEAPEST].communes
    frame = found if given["margin"] is not None else found.drop(columns="reached")
    headings, lang = dict(HEADINGS), output.lang
    partial = []
    for thon, people in given["beside"]:
        name = f"{thon} x {people:g}"
        why = np.array(out_of_reach(city, thon, people), dtype=object)
        if (why == "").any():
            designs[name] = evaluated(
                some_communes(city, why == ""), thon, people, margin=given["margin"], rules=given["rules"]
            )
        margins = _margins(designs.get(name), why, given["rules"])
        frame = frame.assign(**{f"margin_{thon}x{people:g}": margins})
        if (why != "").any():
            frame[f"note_{thon}x{people:g}"] = why
            named = found.loc[why != "", "commune"].tolist()
            facts = {"count": len(named), "names": ", ".join(named[:10]) + (" …" if len(named) > 10 else "")}
            partial.append(text(NOTES["cannot"], lang, design=name, **facts))
        headings[f"margin_{thon}x{people:g}"] = (f"± {name}", f"± {name}")
    if output.format == "table" and output.out is None:
        frame = _on_screen(frame, lang)
    notes = [*_notes(designs, given["rules"], lang), *partial]
    emit(frame, output, notes=notes, headings=headings, digits=DIGITS)


def _margins(design: CommuneDesign | None, why: np.ndarray, rules: Rules) -> np.ndarray:
    """± of each commune by the rule; NaN where the design cannot be had."""
    margins = np.full(len(why), np.nan)
    if design is not None:
        margins[why == ""] = design.communes[f"margin_{rules.variance.value}"].to_numpy()
    return margins


def _on_screen(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Words instead of the margins that cannot be had, and of the codes of their reasons."""
    for note in [name for name in frame if str(name).startswith("note_")]:
        margin = str(note).replace("note_", "margin_")
        said = [
            text(CANNOT[code], lang) if code else number(value, DIGITS["margin_own"], lang)
            for code, value in zip(frame[note], frame[margin], strict=True)
        ]
        frame = frame.assign(**{margin: said}).drop(columns=note)
    return frame


def _designs(city: Communes, given: Mapping[str, Any]) -> dict[str, CommuneDesign]:
    """The design that is sought and those beside it, by what they are called in a table."""
    margin, rules = given["margin"], given["rules"]
    designs = {}
    if margin is not None or given["city_margin"] is not None:
        designs[CHEAPEST] = commune_design(city, margin=margin, city_margin=given["city_margin"], rules=rules)
    for thon, people in given["beside"]:
        designs[f"{thon} x {people:g}"] = evaluated(city, thon, people, margin=margin, rules=rules)
    if not designs:
        raise click.UsageError("cần / needs --margin, --city-margin, --beside")
    return designs


def _typical_row(name: str, design: CommuneDesign) -> dict[str, object]:
    columns = ("n_thon", "take", "n_completes", "n_invited", "deff", "df", "margin_own", "margin_pooled")
    # where the city needs more than the communes, they differ by one thôn; the smallest stands for all
    row = design.communes.sort_values("n_thon", kind="stable").iloc[0]
    city = design.city
    return {
        "design": name,
        **{column: row[column] for column in columns},
        "city_thon": city.n_thon,
        "city_completes": city.n_completes,
        "city_invited": city.n_invited,
        "city_margin": city.margin,
        "city_cost": city.cost,
    }


def _called(name: str, lang: str) -> str:
    return text(CHEAPEST_WORDS, lang) if name == CHEAPEST else name


def _notes(designs: Mapping[str, CommuneDesign], rules: Rules, lang: str) -> list[str]:
    notes = []
    for name, design in designs.items():
        called = _called(name, lang)
        notes.append((f"{called}: " if len(designs) > 1 else "") + _city_note(design.city, lang))
        table = design.communes
        missed = table.loc[table["reached"].eq(False), "commune"].tolist()
        if missed and name == CHEAPEST:
            named = ", ".join(missed[:10]) + (" …" if len(missed) > 10 else "")
            notes.append(text(NOTES["missed"], lang, count=len(missed), names=named))
        alone = table[table["df"] == 1]
        if len(alone):
            widest = {"own": alone["margin_own"].max(), "pooled": alone["margin_pooled"].max()}
            facts = {key: number(100 * value, 0, lang) for key, value in widest.items()}
            notes.append(text(NOTES["one_df"], lang, design=called, **facts))
        elif rules.variance is VarianceRule.OWN and (table["df"] < FEW_THON - 1).any():
            notes.append(text(NOTES["few_df"], lang, few=FEW_THON))
    return notes


def _city_note(city: City, lang: str) -> str:
    facts = {
        "n_thon": city.n_thon,
        "n_completes": city.n_completes,
        "n_invited": city.n_invited,
        "margin": number(100 * city.margin, 2, lang),
        "df": f"{city.df:g}",
        "deff": number(city.deff, 2, lang),
        "cost": number(city.cost, 0, lang),
    }
    return text(NOTES["city"], lang, **facts)
