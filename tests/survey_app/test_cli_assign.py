"""`survey assign` on files: who gets which booklet, what is said of the design, what is refused."""

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sampling.faults import SamplingError
from survey_app.cli import survey
from survey_app.table_faults import TableFileError
from survey_app.tables import read_table, write_table

N_UNITS = 16


def run(*words: object, ok: bool = True) -> Result:
    result = CliRunner().invoke(survey, ["assign", *map(str, words)])
    if ok:
        assert result.exit_code == 0, result.output
    return result


def leaders() -> pd.DataFrame:
    """Six leaders of each of sixteen units, in two areas; codes with leading zeros."""
    owns = [f"{i % N_UNITS:05}" for i in range(6 * N_UNITS)]
    areas = ["Bắc" if int(own) % 2 else "Nam" for own in owns]
    return pd.DataFrame({"ref": [f"{i:04}" for i in range(len(owns))], "đơn_vị": owns, "vùng": areas})


def communes() -> pd.DataFrame:
    codes = [f"{i:05}" for i in range(N_UNITS)]
    areas = ["Bắc" if i % 2 else "Nam" for i in range(N_UNITS)]
    return pd.DataFrame({"unit_code": codes, "vùng": areas, "mong_muốn": [30] * 4 + [10] * 12})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    people, units = tmp_path / "nguoi.csv", tmp_path / "don_vi.csv"
    write_table(leaders(), people)
    write_table(communes(), units)
    return people, units


def sheet(path: Path) -> pd.DataFrame:
    return read_table(path).assign(rated=lambda table: table["units"].str.split())


def test_everybody_gets_a_shared_booklet_without_the_own_unit(files: tuple[Path, Path], tmp_path: Path):
    out = tmp_path / "phan_cong.csv"
    run(*files, "--booklet-size", 6, "--own", "đơn_vị", "--not-own", "--seed", 5, "--out", out)
    found = sheet(out)
    assert found["ref"].tolist() == leaders()["ref"].tolist()
    assert found["booklet"].value_counts().min() >= 10
    assert set(found["rated"].str.len()) == {6}
    assert not [own for own, rated in zip(leaders()["đơn_vị"], found["rated"], strict=True) if own in rated]
    assert set(found["rated"].explode()) == set(communes()["unit_code"])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".sav", ".dta", ".parquet"])
def test_lists_of_every_format_give_the_same_booklets(files: tuple[Path, Path], tmp_path: Path, suffix: str):
    people, units = tmp_path / f"p{suffix}", tmp_path / f"u{suffix}"
    write_table(leaders()[["ref"]], people)
    write_table(communes()[["unit_code"]], units)
    one, other, out = tmp_path / "one.csv", tmp_path / "other.csv", tmp_path / f"out{suffix}"
    run(*files, "--booklet-size", 6, "--out", one)
    run(people, units, "--booklet-size", 6, "--out", other)
    assert one.read_text() == other.read_text()
    run(people, units, "--booklet-size", 6, "--out", out)
    assert read_table(out).astype(str).equals(read_table(one).astype(str))


def test_the_order_of_the_people_decides_nothing_and_the_seed_everything(files: tuple[Path, Path], tmp_path: Path):
    people, units = files
    shuffled = tmp_path / "khac.csv"
    write_table(leaders()[::-1], shuffled)
    rules = ("--booklet-size", 6, "--own", "đơn_vị", "--not-own", "--format", "csv")
    one = sorted(run(people, units, *rules, "--seed", 1).stdout.splitlines())
    assert sorted(run(shuffled, units, *rules, "--seed", 1).stdout.splitlines()) == one
    assert sorted(run(people, units, *rules, "--seed", 2).stdout.splitlines()) != one


def test_the_design_is_put_into_words(files: tuple[Path, Path]):
    rules = ("--booklet-size", 6, "--own", "đơn_vị", "--booklets", 8)
    vietnamese, english = (run(*files, *rules, "--lang", lang).stdout for lang in ("vi", "en"))
    assert "16 đơn vị, 8 tập, mỗi tập 6 đơn vị. Mỗi đơn vị được 36 lượt đánh giá" in vietnamese
    assert "16 units, 8 booklets of 6 units. Each unit has 36 ratings if everybody answers" in english
    assert "Mọi đơn vị so sánh được với nhau. Hiệu suất A là 0,8" in vietnamese
    assert "Any two units can be compared. The A-efficiency is 0.8" in english
    assert "12 people share each booklet (at least 10)" in english.replace("12–12", "12")
    assert "People of one unit are at most" in english
    assert english.count("SHA-256 of nguoi.csv: ") == 1


def test_json_has_rows_and_notes(files: tuple[Path, Path]):
    found = json.loads(run(*files, "--booklet-size", 6, "--format", "json", "--lang", "en", "--seed", 9).stdout)
    assert len(found["rows"]) == 96
    assert set(found["rows"][0]) == {"ref", "booklet", "units"}
    assert found["notes"][-1].startswith("Seed 9. SHA-256 of nguoi.csv: ")


def test_a_balanced_design_is_called_so(tmp_path: Path):
    people, units = tmp_path / "p.csv", tmp_path / "u.csv"
    write_table(pd.DataFrame({"ref": [f"P{i}" for i in range(70)]}), people)
    write_table(pd.DataFrame({"unit_code": list("abcdefg")}), units)
    shown = run(people, units, "--booklet-size", 3, "--lang", "en").stdout
    assert "7 units, 7 booklets of 3 units. Each unit has 30 ratings" in shown
    assert "share 10 raters (balanced)" in shown
    assert "0.778, at most 0.778 is possible (100.0% of it)" in shown


def test_only_units_of_the_own_area_are_dealt_and_that_is_said(files: tuple[Path, Path], tmp_path: Path):
    out = tmp_path / "out.csv"
    said = run(*files, "--booklet-size", 3, "--area", "vùng", "--lang", "en", "--out", out).stderr
    areas = dict(communes()[["unit_code", "vùng"]].itertuples(index=False))
    for area, rated in zip(leaders()["vùng"], sheet(out)["rated"], strict=True):
        assert {areas[code] for code in rated} == {area}
    assert "Nam: 8 units" in said
    assert "Units of different areas have no raters in common" in said


def test_a_unit_of_the_own_area_is_included_where_that_is_the_rule(files: tuple[Path, Path], tmp_path: Path):
    out = tmp_path / "out.csv"
    run(*files, "--booklet-size", 4, "--area", "vùng", "--area-rule", "include", "--out", out)
    areas = dict(communes()[["unit_code", "vùng"]].itertuples(index=False))
    assert all(
        area in {areas[code] for code in rated}
        for area, rated in zip(leaders()["vùng"], sheet(out)["rated"], strict=True)
    )


def test_units_are_rated_in_proportion_to_a_column(files: tuple[Path, Path], tmp_path: Path):
    out = tmp_path / "out.csv"
    run(*files, "--booklet-size", 5, "--target", "mong_muốn", "--out", out)
    ratings = Counter(sheet(out)["rated"].explode())
    assert min(ratings[f"{i:05}"] for i in range(4)) > 1.8 * max(ratings[f"{i:05}"] for i in range(4, 16))


def test_people_of_no_unit_are_marked_with_a_dash(files: tuple[Path, Path], tmp_path: Path):
    people = tmp_path / "p.csv"
    table = leaders()
    table.loc[:30, "đơn_vị"] = "-"
    write_table(table, people)
    run(people, files[1], "--booklet-size", 6, "--own", "đơn_vị", "--not-own")


@pytest.mark.parametrize(
    ("options", "fault", "words"),
    [
        (("--booklet-size", 3, "--min-cell", 20), SamplingError, "96 people fill 4 booklets.*8 booklets or 160 people"),
        (
            ("--booklet-size", 6, "--questions", 25),
            SamplingError,
            "= 150 ratings a person, at most 120.*at most 4 units",
        ),
        (("--booklet-size", 6, "--max-load", 5), SamplingError, "6 units a person, at most 5"),
        (("--booklet-size", 6, "--per-unit", 40), SamplingError, "at least 107 people are needed"),
        (
            ("--booklet-size", 16, "--own", "đơn_vị", "--not-own"),
            SamplingError,
            "would rate their own unit.*at most 14",
        ),
        (("--booklet-size", 6, "--own", "vùng"), SamplingError, "not among the units rated: 'Bắc', 'Nam'"),
        (("--booklet-size", 6, "--own", "không"), TableFileError, "không"),
        (("--booklet-size", 6, "--ref", "không"), TableFileError, "nguoi.csv"),
        (("--booklet-size", 6, "--unit", "không"), TableFileError, "don_vi.csv"),
        (("--booklet-size", 6, "--target", "vùng"), TableFileError, "don_vi.csv.*vùng"),
    ],
)
def test_what_cannot_be_had_is_refused(files: tuple[Path, Path], options: tuple, fault: type[Exception], words: str):
    with pytest.raises(fault, match=words):
        raise run(*files, *options, ok=False).exception


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--booklet-size", 0),
        ("--booklet-size", 6, "--not-own"),
        ("--booklet-size", 6, "--area-rule", "both"),
        ("--booklet-size", 6, "--seed", -1),
    ],
)
def test_options_that_make_no_sense_are_refused_by_the_manual(files: tuple[Path, Path], options: tuple):
    assert run(*files, *options, ok=False).exit_code == 2


def test_a_blank_own_unit_is_named_by_its_row(files: tuple[Path, Path], tmp_path: Path):
    people = tmp_path / "p.csv"
    write_table(leaders().assign(đơn_vị=lambda table: table["đơn_vị"].where(table.index != 3)), people)
    with pytest.raises(TableFileError, match="5"):
        raise run(people, files[1], "--booklet-size", 6, "--own", "đơn_vị", ok=False).exception


def test_help_has_an_example():
    assert "Example: survey assign" in run("--help").stdout
