"""`survey estimate` refuses in words: file, column, row, key; and what would be right."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from survey_samples import sample

from survey_app.cli import survey
from survey_app.cli.refusals import in_words
from survey_app.tables import write_table

TABLE = {
    "s": ["a", "a", "b", "b"], "p": [1, 2, 3, 4], "w": [1.0, 2, 3, 4], "N": [9, 9, 9, 9],
    "y": [1, 2, 3, 4], "g": ["x", "y", "x", "y"],
}  # fmt: skip
FLAGS = ("--weights", "w", "--strata", "s", "--psu", "p", "--fpc", "N")


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["estimate", *map(str, words)])


def refused(*words: object) -> str:
    result = run(*words)
    assert result.exception is not None, result.output
    return in_words(result.exception)


def table(folder: Path, suffix: str = ".csv", **changes: object) -> Path:
    write_table(pd.DataFrame(TABLE | changes), folder / f"t{suffix}")
    return folder / f"t{suffix}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"y": [1, "two", 3, 4]}, "column 'y', row 3: 'two' is not a number"),
        ({"w": [1, "x", 3, 4]}, "column 'w', row 3: 'x' is not a number"),
        ({"w": [1, -2, 3, 4]}, "column 'w', row 3: -2 is below zero"),
        ({"w": [1, None, 3, 4]}, "column 'w', row 3: a blank cell; a number is needed, zero or more; 0 for those who"),
        ({"s": ["a", None, "b", "b"]}, "column 's', row 3: a blank cell; a code or a name"),
        ({"p": [1, 2, None, 4]}, "column 'p', row 4: a blank cell"),
        ({"N": [9, 9, 0, 9]}, "column 'N', row 4: 0 is not above zero"),
        ({"N": [9, 9, None, 9]}, "column 'N', row 4: a blank cell; a number above zero"),
        ({"N": [9, 9, 1, 1]}, "stratum b: 2 units were drawn but fpc says there are 1"),
        ({"N": [9, 9, 8, 9]}, "stratum b: the population size (fpc) is not one number"),
        ({"s": ["a", "a", "a", "b"]}, "a single sampling unit was drawn in stratum b:"),
        ({"p": [1, 2, 2, 3]}, "sampling unit 2 stands in strata a, b"),
        ({"w": [0, 0, 0, 0]}, "all weights are zero"),
    ],
)
def test_faults_of_the_file_are_told_by_column_and_row(tmp_path: Path, changes: dict, said: str):
    words = refused("mean", table(tmp_path, **changes), "y", *FLAGS)
    assert said in words
    assert len(words.split("\n")) == 2  # Vietnamese, English


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_rows_of_spss_and_stata_are_counted_as_there(tmp_path: Path, suffix: str):
    path = table(tmp_path, suffix, w=[1, -2, 3, 4])
    assert f"{path}: cột 'w', dòng 2: -2 là số âm" in refused("mean", path, "y", *FLAGS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mean", "z"), "there is no column 'z'; there are: s, p, w, N, y, g"),
        (("mean", "y", "--by", "z"), "there is no column 'z'"),
        (("mean", "y", "--weights", "z"), "there is no column 'z'"),
        (("mean", "y", "--where", "z=1"), "there is no column 'z'"),
        (("mean", "y", "--where", "g=z"), "column 'g' holds no 'z'; there are: x, y"),
        (("mean", "y", "--compare", "g=x,z"), "column 'g' holds no 'z'"),
        (("mean", "y", "--compare", "item=y,z"), "there is no 'z' to compare; there are: y"),
        (("mean", "y", "y"), "named more than once: y"),
        (("mean", "g"), "column 'g', row 2, 3, 4, 5: 'x' is not a number"),
        (("ratio", "y/g"), "column 'g', row 2, 3, 4, 5: 'x' is not a number"),
        (("mean", "y", "--replicates", "jk1", "--strata", "s"), "jk1"),
        (("mean", "y", "--by", "g", "--by", "g"), "named more than once: g"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(tmp_path: Path, words: tuple, said: str):
    call, *rest = words
    assert said.lower() in refused(call, table(tmp_path), *rest).lower()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mean", "y", "--where", "g"), "COL=VALUE"),
        (("mean", "y", "--where", "y>many"), "'many' is not a number"),
        (("mean", "y", "--level", "95"), "95 is not between 0 and 1"),
        (("mean", "y", "--compare", "g=x"), "write COL=VALUE,VALUE"),
        (("mean", "y", "--contrast", "g=x,y"), "write COL=VALUE:LOAD"),
        (("mean", "y", "--contrast", "g=x:1,x:2"), "write COL=VALUE:LOAD"),
        (("mean", "y", "--compare", "g=x,y", "--contrast", "g=x:1,y:-1"), "give one of them"),
        (("mean", "y", "--compare", "g=x,y", "--deff", "with"), "--deff does not go with"),
        (("mean", "y", "--replicates", "jkn", "--deff", "without"), "--deff does not go with"),
        (("mean", "y", "--replicates", "jkn", "--seed", "1"), "go with --replicates bootstrap"),
        (("mean", "y", "--seed", "1"), "go with --replicates bootstrap"),
        (("mean", "y", "--replicates", "fay"), "--fay-rho"),
        (("mean", "y", "--fay-rho", "0.3"), "--fay-rho goes with --replicates fay"),
        (("ratio", "y"), "write it as numerator/denominator"),
        (("quantile", "y", "--q", "50"), "shares lie between 0 and 1"),
        (("quantile", "y", "--replicates", "jkn"), "No such option"),
        (("mean", "y", "--interval", "wilson"), "No such option"),
        (("mean",), "Missing argument"),
        (("median", "y"), "No such command"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_the_manual(tmp_path: Path, words: tuple, said: str):
    call, *rest = words
    result = run(call, table(tmp_path), *rest)
    assert result.exit_code == 2
    assert said in result.output


def test_all_faults_of_a_design_file_are_told_at_once_by_the_path_of_their_key(tmp_path: Path):
    (tmp_path / "d.yaml").write_text(
        """
weight: w
strata: [s, s]
nest: maybe
lonely_psu: ignore
missing: none
calibrate:
  method: rake
  margins: {g: {x: 10, y: -1}}
  bounds: [0.5, 2]
replicates: {method: jkn, n: 100, rho: 2}
""",
        "utf-8",
    )
    words = refused("mean", table(tmp_path), "y", "--design", tmp_path / "d.yaml")
    english = words.partition("faults in the design file")[2]
    for line in (
        "weight: there is no such key; keys: calibrate, fpc",
        "strata: column 's' is used twice",
        "nest: 'maybe' must be true or false",
        "lonely_psu: 'ignore' is none of: fail, certainty, adjust, average",
        "missing: 'none' must be a number",
        "calibrate.margins.g.y: -1 must not be below 0",
        "calibrate.bounds: does not go with the method rake",
        "replicates.n: does not go with the method jkn",
        "replicates.rho: does not go with the method jkn",
    ):
        assert f"- {line}" in english
    assert "tệp thiết kế có" in words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weights: [w", "the design file cannot be read"),
        ("- w", "pairs of key: value are needed"),
        ("replicates: {method: fay}", "replicates.rho: the value is missing"),
        ("replicates: {method: fay, rho: 1.5}", "replicates.rho: 1.5 must lie between 0 and 1"),
        ("calibrate: {method: rake, margins: {z: {x: 1}}}", "column z"),
        ("weights: w\ncalibrate: {method: linear, margins: {g: {x: 1000, y: 0.01}}, totals: {y: 1}}", "negative"),
    ],
)
def test_design_files_that_cannot_be_followed(tmp_path: Path, text: str, said: str):
    (tmp_path / "d.yaml").write_text(text, "utf-8")
    assert said in refused("mean", table(tmp_path), "y", "--design", tmp_path / "d.yaml").replace("'", "")


def test_flags_and_a_design_file_do_not_contradict_each_other(tmp_path: Path):
    (tmp_path / "d.yaml").write_text("weights: w\nmissing: 4\nreplicates: {method: jkn}\n", "utf-8")
    design = ("--design", tmp_path / "d.yaml")
    for words, said in (
        (("mean", "--weights", "w", "--psu", "p"), "leave out --weights, --psu"),
        (("mean", "--missing", "9"), "says missing already"),
        (("mean", "--replicates", "brr"), "says replicates already"),
        (("quantile",), "quantiles have no errors from replicates"),
    ):
        call, *rest = words
        result = run(call, table(tmp_path), "y", *rest, *design)
        assert result.exit_code == 2
        assert said in result.output


def test_a_group_that_nobody_is_in_is_said(tmp_path: Path):
    path = table(tmp_path, g=[None, None, None, None])
    result = run("mean", path, "y", "--by", "g", "--lang", "en")
    assert result.exception is None
    assert "No row is in a domain of --by." in result.stdout


@pytest.mark.parametrize("call", ["mean", "total", "ratio", "proportion", "quantile"])
def test_every_kind_of_estimate_explains_itself_with_an_example(call: str):
    shown = run(call, "--help")
    assert shown.exit_code == 0
    assert "Example:" in shown.output
    assert f"survey estimate {call} " in shown.output


def test_the_examples_of_the_manual_run(tmp_path: Path):
    frame = sample("apistrat").rename(columns={"stype": "commune", "pw": "w", "api00": "q1", "api99": "q2"})
    frame = frame.assign(s=frame["commune"], p=frame.index, cost=frame["enroll"], people=frame["api.stu"], year=2026)
    frame["commune"] = frame["commune"].map({"E": "00001", "H": "00004", "M": "00007"})
    write_table(frame.drop(columns=["sch.wide", "comp.imp"]), tmp_path / "FILE.csv")
    (tmp_path / "design.yaml").write_text("weights: w\nstrata: s\n", "utf-8")
    manual = run("--help").output.splitlines()
    examples = [line.split() for line in manual if line.startswith("  survey estimate ") and " FILE " in line]
    assert len(examples) == 5
    for words in examples:
        places = {"FILE": tmp_path / "FILE.csv", "design.yaml": tmp_path / "design.yaml", "income": "cost"}
        result = run(*(places.get(word.strip('"'), word.strip('"')) for word in words[2:]))
        assert result.exception is None, result.output
