"""``survey assign``: which invitee rates which units, in booklets that several people share."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import click
import numpy as np

from sampling.block_design import DesignProperties
from sampling.booklet_assignment import Assignment, assign_booklets
from sampling.booklet_rules import MAX_RATINGS, AreaRule, BookletRules, Invitee, RatedUnit
from survey_app.cli.tabular import EXISTING, Output, emit, number, output_options, text
from survey_app.tables import labels, numbers, read_table

NO_UNIT = "-"  # in the column of own units: belongs to none of them
HEADINGS = {"ref": ("Số", "Ref"), "booklet": ("Tập phiếu", "Booklet"), "units": ("Đơn vị đánh giá", "Units to rate")}
DESIGN = (
    "{where}{units} đơn vị, {booklets} tập, mỗi tập {size} đơn vị. Mỗi đơn vị được {ratings} lượt đánh giá nếu mọi "
    "người đều trả lời; hai đơn vị bất kỳ có {shared} người đánh giá chung{balanced}.",
    "{where}{units} units, {booklets} booklets of {size} units. Each unit has {ratings} ratings if everybody answers; "
    "any two units share {shared} raters{balanced}.",
)
BALANCED = (" (cân bằng hoàn toàn)", " (balanced)")
PRECISION = (
    "{where}Mọi đơn vị so sánh được với nhau. Hiệu suất A là {efficiency}, cao nhất có thể là {bound} (đạt "
    "{relative} %). Sai số chuẩn của hiệu hai đơn vị: trung bình {se} σ, lớn nhất {largest} σ; σ là độ lệch chuẩn của "
    "sai số một lượt đánh giá.",
    "{where}Any two units can be compared. The A-efficiency is {efficiency}, at most {bound} is possible "
    "({relative}% of it). Standard error of the difference of two units: {se} σ on average, {largest} σ at most; σ is "
    "the standard deviation of the error of one rating.",
)
NO_COMPARISON = (
    "Đơn vị khác địa bàn không có người đánh giá chung: không so sánh được qua các tập này.",
    "Units of different areas have no raters in common: these booklets do not compare them.",
)
CELLS = (
    "Ô ẩn danh: mỗi tập có {fewest}–{most} người chung (tối thiểu {min_cell}).",
    "Anonymity cells: {fewest}–{most} people share each booklet (at least {min_cell}).",
)
SHARES = (
    "Người của một đơn vị chiếm nhiều nhất {share} % một tập: biết tập không đoán được đơn vị của người trả lời.",
    "People of one unit are at most {share}% of a booklet: the booklet does not tell the unit of who answered.",
)
REDRAW = (
    "Hạt giống {seed}. SHA-256 của {invitees}: {invitees_hash}; của {units}: {units_hash}. Cùng hai tệp, hạt giống và "
    "lựa chọn thì được cùng kết quả.",
    "Seed {seed}. SHA-256 of {invitees}: {invitees_hash}; of {units}: {units_hash}. The same files, seed and options "
    "give the same result.",
)
COUNT = click.IntRange(min=1)


@click.command()
@click.argument("invitees", type=EXISTING)
@click.argument("units", type=EXISTING)
@click.option("--booklet-size", type=COUNT, required=True, help="Units in a booklet, at most.")
@click.option("--min-cell", type=COUNT, default=10, show_default=True, help="People who share a booklet, at least.")
@click.option("--own", help="Column of INVITEES: code of the own unit, - for none. Cells then mix units.")
@click.option("--not-own", is_flag=True, help="Nobody rates the own unit (needs --own).")
@click.option("--area", help="Column of both tables: the area of a person, of a unit.")
@click.option(
    "--area-rule",
    type=click.Choice([rule.value for rule in AreaRule]),
    default=AreaRule.ONLY.value,
    show_default=True,
    help="Rate units of the own area only, or include at least one.",
)
@click.option("--max-load", type=COUNT, help="Units that one person may be asked about.")
@click.option("--questions", type=COUNT, default=1, show_default=True, help=f"Per unit; x units <= {MAX_RATINGS}.")
@click.option(
    "--per-unit", type=click.IntRange(min=0), default=0, help="Ratings of each unit, at least, if all answer."
)
@click.option("--target", help="Column of UNITS: ratings wanted, in proportion to the other units.")
@click.option("--largest-share", type=float, default=0.5, show_default=True, help="Of a booklet, for one own unit.")
@click.option("--booklets", type=COUNT, help="How many booklets; without it, as many as the people fill well.")
@click.option("--ref", default="ref", show_default=True, help="Column of INVITEES that names the person.")
@click.option("--unit", default="unit_code", show_default=True, help="Column of UNITS that names the unit.")
@click.option("--seed", type=click.IntRange(min=0), default=2026, show_default=True, help="Decides who gets which.")
@output_options
def assign(
    *,
    invitees: Path,
    units: Path,
    own: str | None,
    not_own: bool,
    area: str | None,
    area_rule: str,
    target: str | None,
    ref: str,
    unit: str,
    seed: int,
    output: Output,
    **rules: int,
) -> None:
    """Give each of INVITEES a booklet of UNITS to rate, shared by at least --min-cell people.

    Any two units can be compared through common raters, and all comparisons are as equally precise as can be. The
    result has a row per person: ref, booklet, units. What cannot be had is refused with the numbers that would do.

    Example: survey assign leaders.csv communes.csv --booklet-size 21 --questions 5 --own unit --not-own --seed 2026
    --out booklets.csv
    """
    if not_own and own is None:
        raise click.UsageError("--not-own cần / needs --own")
    people = read_invitees(invitees, ref, own, area)
    wanted = BookletRules(
        size=rules["booklet_size"],
        min_cell=rules["min_cell"],
        not_own=not_own,
        area_rule=AreaRule(area_rule) if area else None,
        max_load=rules["max_load"],
        questions=rules["questions"],
        per_unit=rules["per_unit"],
        largest_share=rules["largest_share"],
        n_booklets=rules["booklets"],
    )
    found = assign_booklets(people, read_units(units, unit, area, target), wanted, rng=np.random.default_rng(seed))
    notes = [*in_words(found, people, wanted, output.lang), redraw(invitees, units, seed, output.lang)]
    emit(found.table(people), output, notes=notes, headings=HEADINGS)


def read_invitees(path: Path, ref: str, own: str | None, area: str | None) -> list[Invitee]:
    """The people of a table with the columns that matter."""
    frame = read_table(path)
    refs = labels(frame, ref, path=path)
    owns = [None if code == NO_UNIT else code for code in labels(frame, own, path=path)] if own else [None] * len(frame)
    areas = labels(frame, area, path=path) if area else [None] * len(frame)
    return [Invitee(*row) for row in zip(refs, owns, areas, strict=True)]


def read_units(path: Path, unit: str, area: str | None, target: str | None) -> list[RatedUnit]:
    """The units of a table with the columns that matter."""
    frame = read_table(path)
    codes = labels(frame, unit, path=path)
    areas = labels(frame, area, path=path) if area else [None] * len(frame)
    targets = numbers(frame, target, path=path).tolist() if target else [1.0] * len(frame)
    return [RatedUnit(*row) for row in zip(codes, areas, targets, strict=True)]


def in_words(found: Assignment, people: list[Invitee], rules: BookletRules, lang: str) -> list[str]:
    """What the design is worth, area by area, and what the booklets tell of people."""
    lines = []
    for area, design in found.designs.items():
        lines += _design_in_words(f"{area}: " if area else "", design, lang)
    if len(found.designs) > 1:
        lines.append(text(NO_COMPARISON, lang))
    sizes = [len(cell.members) for cell in found.cells]
    lines.append(text(CELLS, lang, fewest=min(sizes), most=max(sizes), min_cell=rules.min_cell))
    if any(one.own is not None for one in people):
        lines.append(text(SHARES, lang, share=number(100 * _largest_share(found, people), 0, lang)))
    return lines


def _design_in_words(where: str, design: DesignProperties, lang: str) -> list[str]:
    about = text(
        DESIGN,
        lang,
        where=where,
        units=design.n_units,
        booklets=design.n_booklets,
        size=design.size[1],
        ratings=_range(design.replication),
        shared=_range(design.concurrence),
        balanced=text(BALANCED, lang) if design.balanced else "",
    )
    if design.n_units == 1:
        return [about]
    precision = text(
        PRECISION,
        lang,
        where=where,
        efficiency=number(design.efficiency, 3, lang),
        bound=number(design.efficiency_bound, 3, lang),
        relative=number(100 * min(design.relative_efficiency, 1), 1, lang),
        se=number(math.sqrt(design.mean_difference_variance), 3, lang),
        largest=number(math.sqrt(design.largest_difference_variance), 3, lang),
    )
    return [about, precision]


def _range(ends: tuple[int, int]) -> str:
    return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def _largest_share(found: Assignment, people: list[Invitee]) -> float:
    """The largest part of a booklet's people who belong to one unit."""
    shares = []
    for cell in found.cells:
        homes = [people[i].own for i in cell.members]
        shares += [homes.count(home) / len(homes) for home in set(homes) - {None}]
    return max(shares)


def redraw(invitees: Path, units: Path, seed: int, lang: str) -> str:
    """With what anybody can make the same assignment again."""
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (invitees, units)]
    return text(
        REDRAW,
        lang,
        seed=seed,
        invitees=invitees.name,
        units=units.name,
        invitees_hash=hashes[0],
        units_hash=hashes[1],
    )
