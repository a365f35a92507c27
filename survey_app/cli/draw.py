"""``survey draw``: a sample from a frame in a file; ``survey draw verify``: whether a sample is that very draw."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sampling.draw_quality import MOST_FRAME, MOST_ROWS, balance_table, joint_table
from sampling.draws import Draw
from sampling.draws import draw as draw_sample
from sampling.faults import SamplingError
from sampling.frame import JOINT
from sampling.households import Within
from sampling.multistage import Stage, self_weighting
from sampling.plans import DrawPlan, stages_from
from sampling.selection import Method
from survey_app.cli.draw_files import first_row, with_figures, write_record
from survey_app.cli.draw_verify import verify
from survey_app.cli.tabular import EXISTING, OUTPUT_FILE, Output, emit, number, progress, text
from survey_app.draw_record import sample_table
from survey_app.tables import SUFFIXES, labels, numbers, read_table, write_table

SCREEN_STRATA = 40
METHODS = [method.value for method in Method]
WITHIN = [way.value for way in Within]
SEEDS = 10**12  # a seed that was made here has at most twelve figures, to be read out and typed in

HEADINGS = {
    "stratum": ("Tầng", "Stratum"),
    "units": ("Trong khung", "In frame"),
    "drawn": ("Đã chọn", "Drawn"),
    "take_all": ("Chắc chắn", "Certain"),
    "least_weight": ("Quyền số nhỏ nhất", "Least weight"),
    "greatest_weight": ("Quyền số lớn nhất", "Greatest weight"),
    "sum_of_weights": ("Tổng quyền số", "Sum of weights"),
}
DIGITS = {"least_weight": 3, "greatest_weight": 3, "sum_of_weights": 1}
DRAWN = (
    "Đã chọn {n} trong {frame} dòng của khung. Khung: SHA-256 {sha}. Hạt giống: {seed}",
    "{n} of the {frame} rows of the frame drawn. Frame: SHA-256 {sha}. Seed: {seed}",
)
WEIGHTS = (
    "Quyền số thiết kế từ {least} đến {greatest}, tổng {total} so với {frame} dòng của khung; giá của quyền số không "
    "đều (Kish): {deff}",
    "Design weights from {least} to {greatest}, sum {total} against {frame} rows of the frame; the price of unequal "
    "weights (Kish): {deff}",
)
SELF_WEIGHTING = ("Mẫu tự có quyền số: mọi quyền số bằng nhau", "The sample is self-weighting: all weights are equal")
STAGE = ("Giai đoạn {number}: {n} {unit}", "Stage {number}: {n} {unit}")
PEOPLE = (
    "Quyền số của người: tổng {total}{persons}{capped}",
    "Weights of people: sum {total}{persons}{capped}",
)
PERSONS = ("; {n} người khác nhau sau các dòng đã chọn", "; {n} different people behind the rows drawn")
CAPPED = ("; {n} hộ bị cắt ở hệ số {cap}", "; {n} households cut to the factor {cap}")
BALANCE = (
    "Cân bằng theo {variable}: tổng trong khung {total}, ước lượng từ mẫu {estimate}, lệch {apart} %",
    "Balance of {variable}: total in the frame {total}, estimate from the sample {estimate}, off by {apart} %",
)
PAIRS = ("Xác suất chọn cặp: {n} dòng trong {path}", "Joint inclusion probabilities: {n} rows in {path}")
MORE = ("… và {n} tầng nữa (--format csv để xem hết)", "… and {n} more strata (--format csv shows all)")
RECORDED = (
    "Mẫu: {path}; bản ghi để chọn lại: {record}. Kiểm tra: survey draw verify {frame} {path}",
    "Sample: {path}; record to draw it again: {record}. Check: survey draw verify {frame} {path}",
)
NO_DESIGN = "{path}: tệp thiết kế không đọc được / the design file cannot be read: {reason}"


class DrawOrVerify(click.Command):
    """``survey draw FRAME …`` draws, ``survey draw verify FRAME SAMPLE`` checks; a file named verify is ./verify."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        if args[:1] == ["verify"]:
            return verify.make_context(f"{info_name} verify", args[1:], parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        return ctx.command.invoke(ctx) if ctx.command is not self else super().invoke(ctx)


def _known_suffix(_context: click.Context, _option: click.Parameter, out: Path | None) -> Path | None:
    """Refused before any work is done."""
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{out.suffix!r} is none of {' '.join(SUFFIXES)}")
    return out


@click.command(
    cls=DrawOrVerify,
    epilog="survey draw verify FRAME SAMPLE: makes the draw again and says whether the sample is the same.",
)
@click.argument("frame", type=EXISTING)
@click.option("--id", "id_", required=True, metavar="COL", help="Column that names the rows, each once.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    help="How to draw. With --stages: in the design file.",
)
@click.option("--n", type=click.IntRange(min=1), help="Number of rows to draw.")
@click.option("--strata", multiple=True, metavar="COL", help="Column of the strata; several: every combination.")
@click.option("--sizes", type=EXISTING, help="File with the number for each stratum: stratum (or the columns), n.")
@click.option("--size", metavar="COL", help="Measure of size, for unequal probabilities.")
@click.option("--balance", multiple=True, metavar="COL", help="Cube: a balancing variable; most important first.")
@click.option("--sort", multiple=True, metavar="COL", help="Systematic draws: order of the list; ties by id.")
@click.option("--serpentine", is_flag=True, help="Every second group of a sort key backwards.")
@click.option("--stages", type=EXISTING, help="Design of several stages (.yaml), see the example.")
@click.option("--given", metavar="COL", help="Inclusion probability of earlier draws that led to this frame.")
@click.option("--multiplicity-key", metavar="COL", help="Rows are files: the person; files are counted in the frame.")
@click.option("--multiplicity", metavar="COL", help="Rows are files: number of files of the person, as reported.")
@click.option("--adults", metavar="COL", help="Rows are households: number of adults; one is chosen.")
@click.option("--within", type=click.Choice(WITHIN), default="uniform", show_default=True, help="How.")
@click.option("--adults-cap", type=click.FloatRange(min=1), help="Largest factor for the number of adults.")
@click.option("--updated", metavar="COL", help="Date when the row was last known to be right.")
@click.option("--not-before", type=click.DateTime(["%Y-%m-%d"]), help="Refuse rows last updated earlier.")
@click.option("--seed", type=click.IntRange(min=0), help="Made and printed if not given.")
@click.option(
    "--out",
    required=True,
    type=OUTPUT_FILE,
    callback=_known_suffix,
    help="The sample; its record goes to OUT.draw.json.",
)
@click.option(
    "--joint",
    type=OUTPUT_FILE,
    callback=_known_suffix,
    help="Joint inclusion probabilities of the sampled rows, pair by pair (id_1, id_2, probability): at most "
    f"{MOST_ROWS} rows from a frame of {MOST_FRAME} (srs: any); not for brewer, pps-random-systematic, cube.",
)
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def draw(**options: Any) -> None:
    """Draw a sample from a FRAME (.csv .sav .dta .xlsx .parquet), so that anybody can draw it again.

    \b
    survey draw residents.csv --id code --method systematic --sort commune --sort age --n 400 --seed 7 --out sample.csv
    survey draw files.csv --id file --method srs --strata commune --sizes n.csv --multiplicity-key person --out s.csv
    survey draw villages.csv --id village --method sampford --size households --n 60 --out villages.sav
    survey draw villages.csv --id village --method cube --balance adults --balance area --n 60 --out villages.csv
    survey draw villages.csv --id village --method tille --size adults --n 60 --out villages.csv --joint pairs.csv
    survey draw people.csv --id person --stages design.yaml --out sample.csv

    \b
    design.yaml
      stages:
        - {unit: commune, method: pps-systematic, size: population, n: 20}
        - {unit: village, method: pps-systematic, n: 4}     # no size: rows of the frame
        - {unit: household, method: srs, n: 15, take_all_if_fewer: true}
        - {unit: person, method: srs, n: 1}
    """
    plan = _plan(options)
    table = read_table(options["frame"])
    seed = secrets.randbelow(SEEDS) if options["seed"] is None else options["seed"]
    lang = options["lang"]
    figures, first = with_figures(table, plan, options["frame"]), first_row(options["frame"])
    with progress(len(table), text(("Đang chọn mẫu", "Drawing"), lang)) as done:
        drawn = draw_sample(
            figures,
            plan,
            np.random.default_rng(seed),
            first_row=first,
            updated=options["updated"],
            not_before=_timestamp(options["not_before"]),
            report=done,
        )
    pairs = joint_table(figures, drawn, first_row=first) if options["joint"] else None
    write_table(sample_table(table, drawn), options["out"])
    record = write_record(drawn, seed, options["out"])
    places = {"path": options["out"], "record": record.name, "frame": options["frame"]}
    notes = [*_notes(drawn, seed, lang), *_notes_of_balance(figures, drawn, first, lang)]
    notes.append(text(RECORDED, lang, **places))
    if pairs is not None:
        write_table(pairs, options["joint"])
        notes.append(text(PAIRS, lang, n=len(pairs), path=options["joint"]))
    _show(drawn, Output(options["format_"], None, lang), notes)


def _timestamp(date: datetime | None) -> pd.Timestamp | None:
    return None if date is None else pd.Timestamp(date)


def _plan(options: dict[str, Any]) -> DrawPlan:
    return DrawPlan(
        id=options["id_"],
        method=Method(options["method"]) if options["method"] else None,
        n=options["n"],
        strata=options["strata"],
        sizes=_sizes(options["sizes"], options["strata"]) if options["sizes"] else None,
        size=options["size"],
        balance=options["balance"],
        sort=options["sort"],
        serpentine=options["serpentine"],
        stages=_design(options["stages"]) if options["stages"] else (),
        given=options["given"],
        multiplicity_key=options["multiplicity_key"],
        multiplicity=options["multiplicity"],
        adults=options["adults"],
        within=Within(options["within"]),
        adults_cap=options["adults_cap"],
    )


def _sizes(path: Path, strata: tuple[str, ...]) -> dict[str, int]:
    """Stratum -> number to draw, from the columns of the strata or the column ``stratum``."""
    table = read_table(path)
    columns = strata if strata and all(column in table.columns for column in strata) else ("stratum",)
    named = [labels(table, column, path=path) for column in columns]
    found: dict[str, int] = {}
    for parts, value in zip(zip(*named, strict=True), numbers(table, "n", path=path).tolist(), strict=True):
        stratum = JOINT.join(parts)
        if stratum in found:
            raise SamplingError("size_twice", stratum=stratum)
        if not value.is_integer():
            raise SamplingError("size_not_whole", stratum=stratum, value=value)
        found[stratum] = int(value)
    return found


def _design(path: Path) -> tuple[Stage, ...]:
    try:
        entry = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise click.ClickException(NO_DESIGN.format(path=path, reason=error)) from error
    return stages_from(entry.get("stages") if isinstance(entry, dict) else entry)


def _show(drawn: Draw, output: Output, notes: list[str]) -> None:
    shown = drawn.by_stratum
    if output.format == "table" and len(shown) > SCREEN_STRATA:
        notes = [text(MORE, output.lang, n=len(shown) - SCREEN_STRATA), *notes]
        shown = shown.head(SCREEN_STRATA)
    emit(shown, output, notes=notes, headings=HEADINGS, digits=DIGITS)


def _notes(drawn: Draw, seed: int, lang: str) -> list[str]:
    spread = self_weighting(drawn.design_weight)
    rows = {"n": len(drawn.positions), "frame": drawn.n_frame, "sha": drawn.frame_sha256, "seed": seed}
    figures = {
        "least": number(spread.least, 3, lang),
        "greatest": number(spread.greatest, 3, lang),
        "total": number(drawn.design_weight.sum(), 1, lang),
        "frame": drawn.n_frame,
        "deff": number(spread.kish_deff, 3, lang),
    }
    notes = [text(DRAWN, lang, **rows), text(WEIGHTS, lang, **figures)]
    if spread.holds:
        notes.append(text(SELF_WEIGHTING, lang))
    return [*notes, *_notes_of_stages(drawn, lang), *_notes_of_people(drawn, lang)]


def _notes_of_stages(drawn: Draw, lang: str) -> list[str]:
    """How many units each stage drew; a unit is its name within those above it."""
    above = pd.DataFrame(index=range(len(drawn.positions)))
    notes = []
    for place, stage in enumerate(drawn.stages, start=1):
        above[place] = stage.labels
        notes.append(text(STAGE, lang, number=place, n=len(above.drop_duplicates()), unit=stage.unit))
    return notes


def _notes_of_balance(frame: pd.DataFrame, drawn: Draw, first: int, lang: str) -> list[str]:
    """How near the sample comes to the totals that it was balanced on."""
    if drawn.plan.method is not Method.CUBE:
        return []
    return [
        text(
            BALANCE,
            lang,
            variable=row["variable"],
            total=number(row["total"], 2, lang),
            estimate=number(row["estimate"], 2, lang),
            apart=number(100 * row["relative"], 3, lang),
        )
        for row in balance_table(frame, drawn, first_row=first).to_dict("records")
    ]


def _notes_of_people(drawn: Draw, lang: str) -> list[str]:
    people, plan = drawn.people, drawn.plan
    if people is None:
        return []
    persons = "" if people.persons is None else text(PERSONS, lang, n=len(set(people.persons)))
    capped = "" if plan.adults_cap is None else text(CAPPED, lang, n=people.n_capped, cap=f"{plan.adults_cap:g}")
    return [text(PEOPLE, lang, total=number(people.person_weight.sum(), 1, lang), persons=persons, capped=capped)]
