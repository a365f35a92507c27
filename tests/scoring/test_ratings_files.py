"""Ratings and component values from CSV, by hand and through ``survey score``."""

import re

import pandas as pd
import pytest
from click.testing import CliRunner
from scoring_makers import COMPOSITE, DTXHH, method_of

from scoring.dtxhh import score_dtxhh
from scoring.faults import TableError
from scoring.loading import load_method, load_table, methods
from scoring.tables import blocks_from, components_from, components_from_wide, ratings_from
from survey_app.cli.score import score as score_command

HEADER = "respondent,group,unit,criterion,question,answer"
GOOD = """r1,a,U,C1,q1,5
r2,a,U,C1,q1,5
r1,a,U,C2,q2,3
r2,a,U,C2,q2,3
s1,b,U,C1,q1,3
s2,b,U,C1,q1,3
s1,b,U,C2,q2,1
s2,b,U,C2,q2,1.0
s3,b,U,C2,q2,98
s3,b,V,C2,q2,
"""


def table_of(tmp_path, text, name="ratings.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_table(path)


def faults_of(tmp_path, rows, method=None, header=HEADER):
    with pytest.raises(TableError) as caught:
        ratings_from(table_of(tmp_path, f"{header}\n{rows}"), method or method_of())
    return caught.value.text().splitlines()


def test_long_rows_give_the_points_worked_out_by_hand(tmp_path):
    """As in test_points: C1 2.4, C2 0.6."""
    ratings = ratings_from(table_of(tmp_path, f"{HEADER}\n{GOOD}"), method_of())
    scores = score_dtxhh(method_of(), ratings)
    row = scores.by_unit.set_index("unit").loc["U"]
    assert row["points"] == pytest.approx(3.0)
    cells = scores.by_group.set_index(["unit", "criterion", "respondent_group"])
    assert cells.loc[("U", "C2", "b"), "n_dont_know"] == 1


def test_a_scale_column_names_the_table_of_each_row(tmp_path):
    rows = "r1,a,U,C1,q1,A,abcd\nr2,a,U,C1,q1,C,abcd\nr1,a,U,C2,q2,5,\nr2,a,U,C2,q2,1,five\n"
    ratings = ratings_from(table_of(tmp_path, f"{HEADER},scale\n{rows}"), method_of())
    values = score_dtxhh(method_of(), ratings).by_group.query("respondent_group == 'a'")["value"]
    assert values.tolist() == pytest.approx([0.6, 0.5])


def test_every_wrong_cell_is_named_by_row_and_column_with_what_would_be_right(tmp_path):
    rows = "r1,a,U,C1,q1,7\nr2,z,U,C1,q1,5\nr3,a,,C9,q1,5\nr4,a,U,C1,q1,\n"
    lines = faults_of(tmp_path, rows)
    assert lines[:4] == [
        "row 2, column answer: '7' is not a level of the scale 'five'; it must be one of: 1, 2, 3, 4, 5, 98",
        "row 3, column group: 'z' is not in the method; it must be one of: a, b",
        "row 4, column unit: is blank; it needs unit",
        "row 4, column criterion: 'C9' is not in the method; it must be one of: C1, C2",
    ]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ("r1,a,U,C1,q1,5\nr1,a,U,C1,q1,4\n", "row 3, column question: 'r1, U, q1' repeats row 2; keep one row"),
        ("r1,a,U,C1,q1,5\nr2,a,U,C2,q1,4\n", "row 3, column criterion: 'C2' differs from row 2 of the same question"),
        ("r1,a,U,C1,q1,5\nr1,b,U,C1,q2,4\n", "row 3, column respondent: 'r1' belongs to another group in row 2"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(tmp_path, rows, line):
    assert faults_of(tmp_path, rows)[0].startswith(line)


def test_an_unknown_scale_is_refused_and_a_needed_one_asked_for(tmp_path):
    lines = faults_of(tmp_path, "r1,a,U,C1,q1,5,six\n", header=f"{HEADER},scale")
    assert lines[0].startswith("row 2, column scale: 'six' has no table of percentages in the method; scales with a")
    answers = {key: value for key, value in DTXHH["answers"].items() if key != "file_scale"}
    lines = faults_of(tmp_path, "r1,a,U,C1,q1,5\n", method_of(answers=answers))
    assert lines == ["row 2, column scale: is blank; it needs five, abcd"]


def test_twenty_faults_are_shown_and_the_rest_counted(tmp_path):
    lines = faults_of(tmp_path, "".join(f"r{k},a,U,C1,q1,7\n" for k in range(30)))
    assert len(lines) == 21
    assert lines[-1] == "and 10 more"


def test_codes_keep_their_zeros_and_semicolons_and_marks_of_excel_are_read(tmp_path):
    path = tmp_path / "units.csv"
    path.write_bytes(b"\xef\xbb\xbfunit_code;name;block\r\n00007;Ba \xc4\x90\xc3\xacnh;xa\r\n")
    assert blocks_from(load_table(path)) == {"00007": "xa"}


def test_a_file_that_is_no_csv_in_utf8_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes("unit,block\nHà,x\n".encode("cp1258", errors="replace") + b"\xff\xfe")
    with pytest.raises(TableError, match=r"x\.csv: cannot be read as CSV"):
        load_table(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(TableError, match=r"x\.csv: cannot be read as CSV"):
        load_table(path)


def test_component_values_are_checked_cell_by_cell(tmp_path):
    text = 'unit,component,value,se\nU,x,"7,5",1\nU,z,1,1\nV,x,,1\nV,x,2,?\n'
    with pytest.raises(TableError) as caught:
        components_from(table_of(tmp_path, text), method_of(COMPOSITE))
    assert caught.value.text().splitlines() == [
        "row 2, column value: '7,5' is not a number; use a decimal point, e.g. 7.25",
        "row 3, column component: 'z' is not in the method; it must be one of: x, y, extra, late",
        "row 5, column se: '?' is not a number; use a decimal point, e.g. 7.25",
        "row 5, column component: 'V, x' repeats row 4; keep one row for each combination",
    ]


def test_a_unit_listed_twice_is_refused(tmp_path):
    with pytest.raises(TableError, match="row 3, column unit: 'U' repeats row 2"):
        blocks_from(table_of(tmp_path, "unit,block\nU,x\nU,y\n"))
    with pytest.raises(TableError, match=r"blocks: is missing; the columns needed are unit \(unit_code\), block"):
        blocks_from(table_of(tmp_path, "unit,khoi\nU,x\n"))


# the command, on a shipped method

SO = "respondent,group,unit,criterion,question,answer\n"


def so_rows():
    """Six staff of two sở, all criteria that staff are asked about; only staff have answered."""
    codes = ["CHI_DAO", "THE_CHE", "TTHC", "BO_MAY", "CONG_VU", "TAI_CHINH", "SO_HOA"]
    return "".join(
        f"{unit}{k},cong_chuc,{unit},SO.{code},{code},{(k + place) % 3 + low}\n"
        for unit, low in (("SNV", 3), ("STP", 2))
        for k in range(6)
        for place, code in enumerate(codes)
    )


def run(tmp_path, *arguments):
    return CliRunner().invoke(score_command, [*arguments, "--out", str(tmp_path / "out.csv")])


def test_the_command_prints_a_table_and_writes_the_canonical_csv(tmp_path):
    (tmp_path / "r.csv").write_text(SO + so_rows(), encoding="utf-8")
    (tmp_path / "units.csv").write_text("unit_code,name,block\nSNV,Sở Nội vụ,so\nSTP,,so\nSTC,,so\n", encoding="utf-8")
    files = ("--ratings", str(tmp_path / "r.csv"), "--blocks", str(tmp_path / "units.csv"))
    arguments = ("--method", "dtxhh_so_2026", *files)
    result = run(tmp_path, *arguments)
    assert result.exit_code == 0, result.output
    assert "75,00" in result.output  # decimal comma on screen
    assert re.search(r"không xếp hạng +không có phiếu", result.output)
    assert re.search(r"1 \(1–\d\)", result.output)  # the ranks that cannot be ruled out
    assert "giả định" in result.output
    assert "Sở Nội vụ" in result.output
    table = pd.read_csv(tmp_path / "out.csv")
    units = table[table["level"] == "unit"].set_index("unit")
    assert units.loc["SNV", "index"] == pytest.approx(75)
    assert units.loc["SNV", ["ci_low", "ci_high", "se", "n"]].notna().all()
    assert units["rank"].to_dict() == pytest.approx({"SNV": 1, "STC": float("nan"), "STP": 2}, nan_ok=True)
    assert set(table["rules_status"]) == {"assumed"}
    first = (tmp_path / "out.csv").read_bytes()
    shuffled = so_rows().splitlines(keepends=True)[::-1]
    (tmp_path / "r.csv").write_text(SO + "".join(shuffled), encoding="utf-8")
    assert run(tmp_path, *arguments, "--lang", "en").exit_code == 0
    assert (tmp_path / "out.csv").read_bytes() == first


def test_the_command_speaks_english(tmp_path):
    (tmp_path / "r.csv").write_text(SO + so_rows(), encoding="utf-8")
    result = run(tmp_path, "--method", "dtxhh_so_2026", "--ratings", str(tmp_path / "r.csv"), "--lang", "en")
    assert "Not approved, and part of these scores" in result.output
    assert "75.00" in result.output


def test_the_command_adds_component_values(tmp_path):
    (tmp_path / "r.csv").write_text(SO + so_rows(), encoding="utf-8")
    (tmp_path / "c.csv").write_text("unit,component,value\nSNV,sipas,90\nSTP,sipas,60\n", encoding="utf-8")
    result = run(
        tmp_path,
        "--method", "dtxhh_so_2026", "--ratings", str(tmp_path / "r.csv"), "--components", str(tmp_path / "c.csv"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    units = pd.read_csv(tmp_path / "out.csv").query("level == 'unit'").set_index("unit")
    assert units.loc["SNV", "index"] == pytest.approx((0.75 * 20 + 9) / 30 * 100)


@pytest.mark.parametrize(
    ("method", "text", "words"),
    [
        ("dtxhh_so_2026", "unit,component,value\nU,sipas,1\n", "chấm từ phiếu: tệp cần các cột respondent, group"),
        ("par_index_2012", SO + so_rows(), "cộng các giá trị thành phần: tệp cần các cột unit, component, value"),
        ("dtxhh_so_2026", SO + "r,cong_chuc,U,SO.TTHC,q,9\n", "dòng 2, cột answer: '9' không thuộc thang 'quality5'"),
        ("nowhere", SO, "--method: 'nowhere' không có trong phương pháp"),
    ],
)
def test_what_the_command_cannot_score_it_refuses_whole_and_in_words(tmp_path, method, text, words):
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    result = run(tmp_path, "--method", method, "--ratings", str(tmp_path / "r.csv"))
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())
    assert not (tmp_path / "out.csv").exists()


def test_a_bad_method_file_is_refused_by_path(tmp_path):
    (tmp_path / "m.yaml").write_text("id: x\nkind: composite\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text(SO, encoding="utf-8")
    result = run(tmp_path, "--method", str(tmp_path / "m.yaml"), "--ratings", str(tmp_path / "r.csv"), "--lang", "en")
    assert result.exit_code != 0
    assert "criteria: is missing; add this key (a list)" in result.output


def test_the_command_scores_satisfaction_with_the_whole_beside_the_units(tmp_path):
    """Half A: 4 of 5 satisfied; half B of citizens: 2 of 5, without organisations: 100 (0.6 · 0.8 + 0.4 · 0.4)."""
    policy = "".join(f"p{k},nguoi_dan,00070,CS.DIEN,power,{level}\n" for k, level in enumerate("55441"))
    service = "".join(f"p{k},nguoi_dan,00070,DV.TTHC,forms,{level}\n" for k, level in enumerate("54321"))
    (tmp_path / "r.csv").write_text(SO + policy + service, encoding="utf-8")
    (tmp_path / "b.csv").write_text("unit,block\n00070,xa_phuong\n", encoding="utf-8")
    files = ("--ratings", str(tmp_path / "r.csv"), "--blocks", str(tmp_path / "b.csv"))
    result = run(tmp_path, "--method", "sipas_2026", *files)
    assert result.exit_code == 0, result.output
    assert result.output.count("64,00") == 3  # points and index of the unit, index of the whole
    table = pd.read_csv(tmp_path / "out.csv", dtype={"unit": str})
    assert set(table["level"]) == {"unit", "criterion", "group", "item", "overall"}
    assert table.query("level == 'unit'")["unit"].tolist() == ["00070"]


def test_component_values_take_their_block_from_the_list_of_units(tmp_path):
    (tmp_path / "m.csv").write_text("unit,component,value\nU,score_moha,50\nU,score_survey,30\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("unit,block\nU,north\n", encoding="utf-8")
    arguments = (
        "--method",
        "par_index_2012",
        "--ratings",
        str(tmp_path / "m.csv"),
        "--blocks",
        str(tmp_path / "b.csv"),
    )
    assert run(tmp_path, *arguments).exit_code == 0
    assert set(pd.read_csv(tmp_path / "out.csv")["block"]) == {"north"}
    (tmp_path / "b.csv").write_text("unit,block\nV,north\n", encoding="utf-8")
    result = run(tmp_path, *arguments)
    assert "'U' không có trong danh sách đơn vị" in result.output
    assert result.exit_code != 0


def test_a_published_table_with_a_unit_twice_or_words_for_numbers_is_refused(tmp_path):
    text = "code,score_moha,score_survey\n1,50,30\n1,fifty,30\n"
    with pytest.raises(TableError) as caught:
        components_from_wide(table_of(tmp_path, text), load_method(methods()["par_index_2012"]), unit_column="code")
    assert [fault.path for fault in caught.value.faults] == ["row 3, column score_moha", "row 3, column code"]


@pytest.mark.parametrize("option", ["--method", "--ratings", "--blocks", "--unit-column", "--group-by"])
def test_what_a_round_has_of_its_own_is_not_given_beside_it(tmp_path, option):
    (tmp_path / "f.csv").write_text("unit,component,value\n", encoding="utf-8")
    result = run(tmp_path, "hanoi-2026-so", option, str(tmp_path / "f.csv"), "--lang", "en")
    assert result.exit_code == 2
    assert "a round has its own methods, units and ballots" in " ".join(result.output.split())
