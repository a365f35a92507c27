"""`survey outcome` on real files: AAPOR's rates with published numbers, by domain and weighted; open links apart."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sampling.disposition import Disposition, participation
from sampling.faults import SamplingError
from survey_app.cli import outcome as survey_rates
from survey_app.cli import survey
from survey_app.table_faults import TableFileError
from survey_app.tables import read_table, write_table

# R outcomerate 1.0.1, README: these twelve people, e estimated
TWELVE = {"1.1": 4, "1.2": 2, "2.112": 1, "2.25": 1, "2.31": 1, "3.17": 1, "3.9": 1, "4.1": 1}
RATES = list(survey_rates.RATED)
PRINTED = "0.364 0.545 0.370 0.556 0.444 0.667 0.500 0.750 0.571 0.857 0.091 0.093 0.111 0.727 0.741 0.889"


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    codes = [code for code, times in TWELVE.items() for _ in range(times)]
    frame = pd.DataFrame({"outcome": codes, "commune": ["00001"] * 7 + ["00004"] * 5, "w": [1.0] * 7 + [2.5] * 5})
    write_table(frame, tmp_path / "cases.csv")
    return tmp_path / "cases.csv"


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["outcome", *map(str, words)])


def rows(*words: object) -> list[dict]:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["rows"]


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta", ".xlsx"])
def test_published_rates_come_from_every_kind_of_file(cases: Path, suffix: str):
    path = cases.with_suffix(suffix)
    write_table(read_table(cases), path)
    (found,) = rows(path, "--code", "outcome")
    assert [found[name] for name in RATES] == pytest.approx([float(value) for value in PRINTED.split()], abs=5e-4)
    assert [found[letter] for letter in Disposition] == [4, 2, 1, 1, 1, 1, 0, 1, 1]
    assert found["cases"] == 12
    assert found["e"] == pytest.approx(9 / 10)


def test_the_screen_says_what_each_rate_is(cases: Path):
    shown = run(cases, "--code", "outcome").stdout
    assert "RR2" in shown
    assert "54,5" in shown
    assert "ghi rõ là RR mấy" in shown
    assert "e được ước lượng" in shown
    english = run(cases, "--code", "outcome", "--lang", "en", "--eligible-share", "60%").stdout
    assert "54.5" in english
    assert "e was given" in english
    assert "cooperation: complete / contacted" in english


def test_domains_and_weights(cases: Path):
    found = rows(cases, "--code", "outcome", "--by", "commune", "--weights", "w", "--eligible-share", "0.5")
    assert [row["commune"] for row in found] == ["00001", "00004"]
    assert found[1]["rr1"] == 0
    assert found[1]["NC"] == 2.5
    assert found[1]["con2"] == pytest.approx(2.5 / (5 + 0.5 * 5))
    assert found[0]["rr5"] == pytest.approx(4 / 7)
    shown = run(cases, "--code", "outcome", "--by", "commune", "--weights", "w").stdout
    assert "của từng nhóm" in shown
    assert "Có quyền số w" in shown


def test_csv_has_every_digit(cases: Path, tmp_path: Path):
    assert run(cases, "--code", "outcome", "--out", tmp_path / "rates.csv").exit_code == 0
    assert read_table(tmp_path / "rates.csv")["rr1"][0] == 4 / 11


def test_participation_is_shown_apart_and_is_no_response_rate():
    (found,) = rows("--landed", 5400, "--completed", 1310)
    assert found == {"landed": 5400, "completed": 1310, "participation_rate": 1310 / 5400}
    assert found["participation_rate"] == participation(landed=5400, completed=1310).participation_rate
    shown = run("--landed", 5400, "--completed", 1310).stdout
    assert "24,3" in shown
    assert "KHÔNG phải tỷ lệ trả lời" in shown
    assert "RR1 " not in shown
    assert "NOT a response rate" in run("--landed", 2, "--completed", 1, "--lang", "en").stdout


def test_the_two_forms_do_not_mix(cases: Path):
    for words in ([], [cases], ["--landed", 5], [cases, "--landed", 5, "--completed", 1], ["--code", "outcome"]):
        assert run(*words).exit_code == 2
    mixed = run("--landed", 5, "--completed", 1, "--code", "outcome")
    assert "either FILE --code COL" in mixed.output
    assert isinstance(run("--landed", 1, "--completed", 5).exception, SamplingError)


def test_faults_of_a_file_are_named(cases: Path, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text("code,commune,w\n1.1,A,1\n,A,1\n3.10,B,\n", encoding="utf-8")
    with pytest.raises(TableFileError, match="3"):
        raise run(bad, "--code", "code").exception
    bad.write_text("code,commune,w\n1.1,A,1\n3.10,B,\n", encoding="utf-8")
    with pytest.raises(SamplingError, match="commune B: no case is known to be eligible"):
        raise run(bad, "--code", "code", "--by", "commune").exception
    with pytest.raises(TableFileError, match="w"):
        raise run(bad, "--code", "code", "--weights", "w").exception
    with pytest.raises(SamplingError, match=r"not known: 2\.25"):
        raise run(cases, "--code", "outcome", "--mode", "web").exception
    bad.write_text("code\nanswered\n", encoding="utf-8")
    with pytest.raises(SamplingError, match="not known: answered"):
        raise run(bad, "--code", "code").exception


def test_a_rate_without_a_base_is_a_dash_with_its_reason(tmp_path: Path):
    path = tmp_path / "nobody.csv"
    path.write_text("code\nNC\nUO\n", encoding="utf-8")
    assert "nobody stands in the denominator" in run(path, "--code", "code", "--lang", "en").stdout
    assert rows(path, "--code", "code")[0]["coop1"] is None


def test_help_has_examples_and_stands_in_the_list_of_commands():
    assert "survey outcome --landed 5400 --completed 1310" in run("--help").stdout
    assert "outcome" in CliRunner().invoke(survey, ["--help"]).stdout
