"""``survey score``: points, indices and ranks of a closed round, or from a method file and a CSV file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pandas as pd

from scoring.differences import differences_from
from scoring.faults import Fault, MethodError, ScoringFaults, TableError
from scoring.loading import load_method, load_table, methods
from scoring.method import ScoringMethod
from scoring.results import Scores
from scoring.scorer import score as score_it
from scoring.standing import CONVENIENCE
from scoring.tables import (
    COMPONENT_COLUMNS,
    RATING_COLUMNS,
    blocks_from,
    components_from,
    components_from_wide,
    invited_from,
    is_components,
    is_ratings,
    ratings_from,
    wants_ratings,
)
from survey_app.cli.setup import instance
from survey_app.cli.tabular import EXISTING, OUTPUT_FILE, WRITTEN, number, print_table
from survey_app.models.rounds import Purpose
from survey_app.services.scores import score_round

WORDS = {
    "vi": {
        "method": "Phương pháp {id}, phiên bản {version}",
        "columns": "Khối|Đơn vị|n|Điểm|Tối đa|Chỉ số|SE|KTC 95 %|Hạng (khoảng 95 %)|Xếp loại|Quy tắc",
        "overall": "Chung|n|Chỉ số|SE|KTC 95 %|Quy tắc",
        "differences": "Chênh lệch chỉ số so với {unit} (cùng người chấm thì sự khắt khe của họ triệt tiêu):",
        "difference_columns": "Đơn vị|Chênh lệch|SE|KTC 95 %|% người chấm chung",
        "estimand": (
            "SE và KTC: đơn vị thực hiện tốt đến đâu (người chấm có thể là người khác). Với những người được mời năm "
            "nay, SE của chỉ số từ {low} đến {high} (cột se_raters trong tệp CSV)."
        ),
        "index": "Chỉ số",
        "not_ranked": "không xếp hạng",
        "convenience": "mẫu thuận tiện: không có sai số, không xếp hạng",
        "assumed": "giả định",
        "proposed": "đề xuất",
        "approved": "đã duyệt",
        "rules": "Chưa được phê duyệt, có tham gia tính điểm ({count} quy tắc):",
        "no_ballots": "không có phiếu",
        "below_min_ballots": "dưới số phiếu tối thiểu",
        "component_missing": "thiếu giá trị thành phần",
        "nothing_scored": "không có tiêu chí nào tính được",
        "round": "{title}\n{n} phiếu, dấu vân tay SHA-256 {digest}",
        "rehearsal": "DIỄN TẬP, không phải kết quả điều tra\n{title}\n{n} phiếu, dấu vân tay SHA-256 {digest}",
        "round_alone": (
            "đợt điều tra đã có phương pháp, đơn vị và phiếu của nó: bỏ --method, --ratings, --blocks, --unit-column, "
            "--group-by; chỉ --components và --out đi cùng"
        ),
        "needs_extra": "tệp --components cần các cột {columns}",
        "needs_source": "cần mã một đợt điều tra đã kết thúc, hoặc --method cùng --ratings",
        "needs_ratings": "phương pháp {id} chấm từ phiếu: tệp cần các cột {columns}",
        "needs_components": (
            "phương pháp {id} cộng các giá trị thành phần: tệp cần các cột {columns}, "
            "hoặc một cột cho mỗi thành phần cùng --unit-column"
        ),
    },
    "en": {
        "method": "Method {id}, version {version}",
        "columns": "Block|Unit|n|Points|Max|Index|SE|95% CI|Rank (95% set)|Band|Rules",
        "overall": "Overall|n|Index|SE|95% CI|Rules",
        "differences": "Difference of the index from {unit} (the harshness of shared raters cancels):",
        "difference_columns": "Unit|Difference|SE|95% CI|% shared raters",
        "estimand": (
            "SE and CI: how the unit performs (the raters could have been others). For this year's invitees alone the "
            "SE of the index is {low} to {high} (column se_raters of the CSV)."
        ),
        "index": "Index",
        "not_ranked": "not ranked",
        "convenience": "convenience sample: no margin of error, not ranked",
        "assumed": "assumed",
        "proposed": "proposed",
        "approved": "approved",
        "rules": "Not approved, and part of these scores ({count} rules):",
        "no_ballots": "no ballots",
        "below_min_ballots": "below the minimum of ballots",
        "component_missing": "a component value is missing",
        "nothing_scored": "no criterion could be scored",
        "round": "{title}\n{n} ballots, SHA-256 {digest}",
        "rehearsal": "REHEARSAL, not results of a survey\n{title}\n{n} ballots, SHA-256 {digest}",
        "round_alone": (
            "a round has its own methods, units and ballots: leave out --method, --ratings, --blocks, --unit-column, "
            "--group-by; only --components and --out go with it"
        ),
        "needs_extra": "the file of --components needs the columns {columns}",
        "needs_source": "name a closed round, or give --method and --ratings",
        "needs_ratings": "method {id} scores ratings: the file needs the columns {columns}",
        "needs_components": (
            "method {id} adds component values: the file needs the columns {columns}, "
            "or a column for each component and --unit-column"
        ),
    },
}


@dataclass(frozen=True, slots=True)
class Files:
    """Where the answers stand, and how the file names its columns."""

    ratings: Path
    blocks: Path | None
    components: Path | None
    invited: Path | None
    unit_column: str | None
    group_by: str | None


@click.command()
@click.argument("round_code", metavar="[ROUND]", required=False)
@click.option("--method", "method_name", help="A method file, or the id of one that is shipped.")
@click.option("--ratings", type=EXISTING, help="CSV of ratings, of component values, or a published table.")
@click.option("--out", type=OUTPUT_FILE, help="CSV to write.")
@click.option("--blocks", type=EXISTING, help="CSV of units with their ranking block: unit (or unit_code), block.")
@click.option("--components", type=EXISTING, help="CSV of component values beside the ratings: unit, component, value.")
@click.option("--invited", type=EXISTING, help="CSV of people invited, for groups asked in full: group, unit, invited.")
@click.option("--against", metavar="UNIT", help="Also the difference of every unit of the block from this one.")
@click.option("--unit-column", help="Published table: the column that names the unit.")
@click.option("--group-by", help="Published table: the column within whose values units are ranked, e.g. year.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def score(
    *,
    round_code: str | None,
    method_name: str | None,
    ratings: Path | None,
    out: Path | None,
    blocks: Path | None,
    components: Path | None,
    invited: Path | None,
    against: str | None,
    unit_column: str | None,
    group_by: str | None,
    lang: str,
) -> None:
    """Points, indices, bands and ranks with standard errors, on screen and as CSV.

    Of a closed ROUND by the methods it names:  survey score hanoi-2026-so --out results.csv

    Of any file by a method:  survey score --method papi_2011 --ratings table.csv --out results.csv
    """
    try:
        if round_code:
            _refuse_with_round(lang, method_name, ratings, blocks, invited, unit_column, group_by)
            scores_of_round(round_code, out, lang, components, against)
        elif method_name and ratings:
            files = Files(ratings, blocks, components, invited, unit_column, group_by)
            scores = scores_of(chosen_method(method_name), files, lang)
            print_scores(scores, lang, unit_names(blocks))
            print_differences(scores, against, lang, unit_names(blocks))
            written(scores.canonical_csv(), out, lang)
        else:
            raise click.UsageError(WORDS[lang]["needs_source"])
    except ScoringFaults as error:
        raise click.ClickException("\n" + error.text(lang)) from error


def _refuse_with_round(lang: str, *given: object) -> None:
    """A round has its own methods, units and ballots: what is given beside it would be passed over in silence."""
    if any(value is not None for value in given):
        raise click.UsageError(WORDS[lang]["round_alone"])


def scores_of_round(
    round_code: str, out: Path | None, lang: str, components: Path | None = None, against: str | None = None
) -> None:
    """Score a closed round and print what each of its methods found."""
    extra = load_table(components) if components else None
    if extra is not None and not is_components(extra):
        raise click.UsageError(WORDS[lang]["needs_extra"].format(columns=", ".join(COMPONENT_COLUMNS)))
    with instance().database.statements() as session:
        scored = score_round(session, round_code, components=extra)
    head = {"title": scored.title[lang], "n": scored.n_ballots, "digest": scored.snapshot_sha256}
    click.echo(WORDS[lang]["rehearsal" if scored.purpose == Purpose.REHEARSAL else "round"].format(**head))
    for _method, scores in scored.runs:
        click.echo()
        print_scores(scores, lang, scored.unit_names)
        print_differences(scores, against, lang, scored.unit_names)
    written(scored.canonical_csv(), out, lang)


def written(csv: bytes, out: Path | None, lang: str) -> None:
    """Write the table, if that was asked for, and say which bytes it has."""
    if out is None:
        return
    out.write_bytes(csv)
    digest = hashlib.sha256(csv).hexdigest()
    click.echo(WRITTEN[lang].format(rows=csv.count(b"\n") - 1, path=out, digest=digest))


def chosen_method(name: str) -> ScoringMethod:
    """The method of a file, or the shipped one of that id."""
    path = methods().get(name, Path(name))
    if not path.is_file():
        known = ", ".join(methods())
        raise MethodError([Fault("--method", "unknown_value", {"value": name, "known": known})])
    return load_method(path)


def unit_names(blocks: Path | None) -> dict[str, str]:
    """Unit code -> name, if the list of units has a column ``name``."""
    table = load_table(blocks) if blocks else pd.DataFrame()
    if "name" not in table:
        return {}
    return dict(zip(table["unit" if "unit" in table else "unit_code"], table["name"], strict=True))


def scores_of(method: ScoringMethod, files: Files, lang: str = "vi") -> Scores:
    """The scores of the files, whose header says what they hold."""
    table = load_table(files.ratings)
    blocks = blocks_from(load_table(files.blocks)) if files.blocks else None
    extra = components_from(load_table(files.components), method) if files.components else None
    if wants_ratings(method):
        if not is_ratings(table):
            raise _wrong_header("needs_ratings", method, RATING_COLUMNS, lang)
        ratings = ratings_from(table, method)
        if files.invited:
            ratings = replace(ratings, invited=invited_from(load_table(files.invited)))
        return score_it(method, ratings, blocks=blocks, components=extra)
    return score_it(method, components=_with_blocks(_components(table, method, files, lang), blocks))


def _components(table: pd.DataFrame, method: ScoringMethod, files: Files, lang: str) -> pd.DataFrame:
    """Component values from the long or the wide form of the file."""
    if files.unit_column:
        group_by = files.group_by or ""
        return components_from_wide(table, method, unit_column=files.unit_column, group_by=group_by)
    if not is_components(table):
        raise _wrong_header("needs_components", method, COMPONENT_COLUMNS, lang)
    return components_from(table, method)


def _with_blocks(components: pd.DataFrame, blocks: dict[str, str] | None) -> pd.DataFrame:
    if blocks is None or "block" in components:
        return components
    unknown = components.loc[~components["unit"].isin(list(blocks)), "unit"].unique()
    if len(unknown):
        raise TableError(Fault("blocks", "no_block", {"value": unit}) for unit in unknown)
    return components.assign(block=components["unit"].map(blocks))


def _wrong_header(key: str, method: ScoringMethod, columns: tuple[str, ...], lang: str) -> click.UsageError:
    return click.UsageError(WORDS[lang][key].format(id=method.id, columns=", ".join(columns)))


def print_scores(scores: Scores, lang: str = "vi", names: Mapping[str, str] | None = None) -> None:
    """The units by block and rank as a table, the overall index, and the rules that are not approved."""
    names = names or {}
    words = WORDS[lang]
    click.echo(words["method"].format(id=scores.method_id, version=scores.method_version))
    ranked = scores.by_unit.sort_values(["block", "rank", "unit"], na_position="last", kind="stable")
    print_table(words["columns"].split("|"), [_unit_cells(row, scores, lang, names) for _, row in ranked.iterrows()])
    raters = scores.by_unit["se_raters"].dropna()
    if len(raters):
        least, most = (number(value, scores.digits, lang) for value in (raters.min(), raters.max()))
        click.echo(words["estimand"].format(low=least, high=most))
    if len(scores.overall):
        rows = [_overall_cells(row, scores, lang) for _, row in scores.overall.iterrows()]
        print_table(words["overall"].split("|"), rows)
    if scores.assumed_rules:
        click.echo("\n" + words["rules"].format(count=len(scores.assumed_rules)))
    for rule in scores.assumed_rules:
        click.echo(f"  [{words[rule.status]}] {rule.path}: {rule.source}")


def print_differences(scores: Scores, against: str | None, lang: str, names: Mapping[str, str]) -> None:
    """How far the units of a block lie from one of them, if that was asked for."""
    if against is None:
        return
    found, digits = differences_from(scores, against), scores.digits
    rows = [
        [
            names.get(str(row["unit"]), str(row["unit"])),
            *(number(row[name], digits, lang) for name in ("difference", "se")),
            _interval(row, digits, lang),
            number(100 * row["shared"], 0, lang),
        ]
        for _, row in found.iterrows()
    ]
    click.echo("\n" + WORDS[lang]["differences"].format(unit=names.get(against, against)))
    print_table(WORDS[lang]["difference_columns"].split("|"), rows)


def _unit_cells(row: pd.Series, scores: Scores, lang: str, names: Mapping[str, str]) -> list[str]:
    words, digits = WORDS[lang], scores.digits
    apart = row["status"] == CONVENIENCE
    rank = str(row["rank"]) if not pd.isna(row["rank"]) else "–" if apart else words["not_ranked"]
    band = words["convenience"] if apart else str(row["band"]) or words.get(str(row["reason"]), "")
    return [
        str(row["block"]),
        names.get(str(row["unit"]), str(row["unit"])),
        number(row["n"], 0, lang),
        *(number(row[name], digits, lang) for name in ("points", "max_points", "index", "se")),
        _interval(row, digits, lang),
        rank if pd.isna(row["rank_low"]) else f"{rank} ({row['rank_low']}–{row['rank_high']})",
        band,
        words[scores.rules_status],
    ]


def _overall_cells(row: pd.Series, scores: Scores, lang: str) -> list[str]:
    digits = scores.digits
    return [
        str(row["criterion"]) or WORDS[lang]["index"],
        number(row["n"], 0, lang),
        *(number(row[name], digits, lang) for name in ("index", "se")),
        _interval(row, digits, lang),
        WORDS[lang][scores.rules_status],
    ]


def _interval(row: pd.Series, digits: int, lang: str) -> str:
    if pd.isna(row["ci_low"]):
        return "–"
    return f"{number(row['ci_low'], digits, lang)} – {number(row['ci_high'], digits, lang)}"
