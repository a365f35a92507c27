"""`survey sample-size`: the proper number with Yamane's beside it, in both languages and in full precision."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sampling.faults import SamplingError
from sampling.size import Conditions, completes_for_proportion
from survey_app.cli import survey
from survey_app.tables import write_table


def run(*words: object, ok: bool = True) -> Result:
    result = CliRunner().invoke(survey, ["sample-size", *(str(word) for word in words)])
    if ok:
        assert result.exit_code == 0, result.output
    return result


def rows(*words: object) -> list[dict]:
    return json.loads(run(*words, "--format", "json").stdout)["rows"]


def test_the_proper_number_stands_first_and_yamane_beside_it_with_its_warning():
    shown = run("proportion", "--margin", "5%", "--population", 1000, "--deff", 2, "--response", "60%").stdout
    assert "435" in shown  # 434.7 completes of a design with twice the variance, from 1000 people
    assert "286" in shown
    assert "z = 2 (độ tin cậy 95,45 %)" in shown
    assert "mời 286 người thì đạt ±9,6 %" in shown
    english = run("proportion", "--margin", "0.05", "--population", 1000, "--lang", "en").stdout
    assert "Yamane's n = N/(1 + N·e²) takes for granted: p = 0.5; z = 2" in english
    assert "277.73" in english


def test_json_has_every_digit_and_codes_instead_of_words():
    proper, wilson, yamane = rows("proportion", "--margin", "5%", "--population", 1000)
    expected = completes_for_proportion(margin=0.05, under=Conditions(population=1000))
    assert proper["method"] == "normal"
    assert proper["completes_exact"] == expected.completes_exact
    assert (wilson["method"], yamane["method"]) == ("wilson", "yamane")
    assert yamane["completes_exact"] == pytest.approx(1000 / 3.5)


@pytest.mark.parametrize("margin", ["5%", "5 %", "0.05", "0,05", "5,0%"])
def test_a_share_is_read_as_people_write_it(margin: str):
    assert rows("proportion", "--margin", margin)[0]["n_completes"] == 385


def test_without_a_population_yamane_is_left_out_and_it_is_said_why():
    shown = run("proportion", "--margin", "5%").stdout
    assert "Yamane không được tính: cần --population" in shown
    assert [row["method"] for row in rows("proportion", "--cv", "10%", "--p", "30%")] == ["normal"]


def test_a_small_group_is_told_what_it_can_reach():
    shown = run("proportion", "--margin", "5%", "--population", 95, "--response", "60%", "--lang", "en").stdout
    assert "inviting all 95 gives about 57 completes and reaches ±8.3 %" in shown


def test_the_other_way_round_tells_what_completes_tell():
    normal, wilson = rows("proportion", "--n", 400, "--p", "84%", "--deff", "1,5")
    assert normal["margin"] == pytest.approx(0.044, abs=1e-4)
    assert wilson["se"] is None
    assert rows("mean", "--n", 100, "--sd", 18)[0]["se"] == pytest.approx(1.8)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".sav", ".dta", ".parquet"])
def test_each_domain_of_a_file_gets_its_size(suffix: str, tmp_path: Path):
    path = tmp_path / f"nhom{suffix}"
    table = pd.DataFrame({"domain": ["00004", "00008"], "population": [1000, 3200], "p": [0.5, 0.9]})
    write_table(table, path)
    found = rows("proportion", "--margin", "5%", "--domains", path)
    assert [row["domain"] for row in found] == ["00004", "00008"]
    assert [row["n_completes"] for row in found] == [278, 133]
    assert "Nhiều nhất: 00004" in run("proportion", "--margin", "5%", "--domains", path).stdout


def test_domains_without_a_share_of_their_own_take_the_common_one(tmp_path: Path):
    path = tmp_path / "nhom.csv"
    path.write_text("domain,population\nA,1000\nB,500\n", encoding="utf-8")
    assert [row["n_completes"] for row in rows("proportion", "--margin", "5%", "--domains", path)] == [278, 218]
    assert (
        "phân bổ theo tỷ lệ dân số mà nhóm nào cũng đủ: 653"
        in run("proportion", "--margin", "5%", "--domains", path).stdout
    )


def test_means_by_their_spread_or_by_their_unit_cv():
    assert rows("mean", "--sd", 18, "--margin", 2, "--population", 1200)[0]["n_completes"] == 248
    assert rows("mean", "--unit-cv", 2, "--cv", "5%")[0]["n_completes"] == 1600
    assert "± là tỷ lệ so với trung bình" in run("mean", "--unit-cv", "200%", "--cv", "5%").stdout


def test_differences_of_shares_and_means():
    first, second = rows("difference", "--p1", "50%", "--p2", "55%", "--both", "45%", "--overlap", "50%")
    assert (first["n_completes"], second["n_completes"]) == (1013, 1013)
    mean = rows("difference", "--difference", 5, "--sd1", 200**0.5, "--rho", 0.9, "--overlap", 0.75, "--one-sided")
    assert mean[0]["n_completes"] == 33


def test_the_power_of_two_given_samples():
    """R: pnorm(0.04 / sqrt(1.5 * (0.16/400 + 0.1344/600)) - qnorm(0.975)); the like for means of 300 people each."""
    (shares,) = rows("difference", "--p1", "80%", "--p2", "84%", "--n", 400, "--n2", 600, "--deff", 1.5)
    assert shares == {
        "n_first": 400,
        "n_second": 600,
        "difference": pytest.approx(-0.04),
        "power": pytest.approx(0.257031893242753, abs=1e-9),
    }
    (means,) = rows("difference", "--difference", 2, "--sd1", 18, "--n", 300, "--one-sided")
    assert means["power"] == pytest.approx(0.388195230876387, abs=1e-9)
    shown = run("difference", "--p1", "80%", "--p2", "84%", "--n", 400, "--n2", 600, "--deff", 1.5).stdout
    assert "chênh lệch thật là 4,0 %" in shown


def test_a_size_that_was_asked_for_has_the_power_asked_for():
    words = ("difference", "--p1", "80%", "--p2", "84%", "--ratio", 2)
    first, second = rows(*words, "--power", "90%")
    assert rows(*words, "--n", first["completes_exact"])[0]["power"] == pytest.approx(0.9)
    assert rows(*words, "--n", 100)[0]["n_second"] == 50
    assert second["completes_exact"] == pytest.approx(first["completes_exact"] / 2)


def test_clusters_say_their_design_effect_and_take_a_confidence():
    words = ("cluster", "--cost-unit", 10, "--cost-person", 1, "--icc", 0.05, "--p", "84%", "--margin", "3%")
    (usual,), (easier,) = rows(*words), rows(*words, "--confidence", "90%")
    assert easier["cost"] < usual["cost"]
    assert 0.97 * 0.03 < easier["margin"] <= 0.03
    assert easier["margin"] == pytest.approx(1.6448536269514722 * easier["cv"] * 0.84)
    deff = f"{1 + (usual['take'] - 1) * 0.05:.3f}".replace(".", ",")
    assert f"× ICC = {deff}; ICC = 0,050" in run(*words).stdout


def test_clusters_for_a_budget_a_cv_a_margin_and_fixed_units():
    prices = ("--cost-unit", 750, "--cost-person", 100, "--icc", "0.05", "--p", "50%")
    (budget,) = rows("cluster", *prices, "--budget", 100_000)
    assert (round(budget["n_units_exact"], 1), round(budget["take_exact"], 1)) == (51.4, 11.9)
    assert budget["cost"] <= 100_000
    (margin,) = rows("cluster", *prices, "--margin", "5%")
    assert margin["cv"] * 0.5 * 1.96 <= 0.05
    (cv,) = rows("cluster", *prices, "--cv", "5%", "--units", 60)
    assert cv["n_units"] == 60
    (paid,) = rows("cluster", *prices, "--budget", 100_000, "--units", 60)
    assert (paid["n_units"], paid["take"]) == (60, 9)


def test_nine_thousand_people_from_two_thon_stand_beside_a_design_that_holds():
    ours, now = rows("communes", "--margin", "5%", "--p", "83.94%", "--beside", "2x35.5")
    assert (ours["design"], now["design"]) == ("cheapest", "2 x 35.5")
    assert ours["margin_own"] <= 0.05
    assert ours["n_thon"] >= 8
    assert (now["n_completes"], now["city_completes"], now["df"]) == (71, 8946, 1)
    assert now["margin_pooled"] == pytest.approx(0.14, abs=0.005)
    shown = run("communes", "--p", "83.94%", "--beside", "2x35,5", "--lang", "en").stdout
    assert "2 thôn leave 1 degree of freedom (t = 12.7): a commune's own interval is ±90 points" in shown
    assert "ICC = 0.050 and a thôn's price of 10 interviews are assumed" in shown


def test_few_thon_are_warned_of_unless_the_variance_is_declared_as_pooled():
    words = ("communes", "--margin", "25%", "--p", "84%", "--min-thon", 4, "--lang", "en")
    assert "Below 8 thôn a commune's own standard error is a rough guess" in run(*words).stdout
    assert "Below 8 thôn" not in run(*words, "--variance", "pooled").stdout
    assert rows("communes", "--margin", "12%", "--p", "84%")[0]["n_thon"] >= 8


def test_a_file_gets_the_numbers_and_the_screen_the_notes(tmp_path: Path):
    path = tmp_path / "co_mau.csv"
    result = run("proportion", "--margin", "5%", "--population", 1000, "--out", path)
    assert pd.read_csv(path).method.tolist() == ["normal", "wilson", "yamane"]
    assert "Yamane" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("proportion", "--margin", "nhiều"), "is not a share|is not a number"),
        (("proportion", "--margin", "5%", "--p", "84"), "84%"),
        (("proportion", "--margin", "5%", "--n", "400"), "leave out: --margin"),
        (("mean", "--n", "400"), "needs --sd"),
        (("difference", "--p1", "50%"), "either --p1 --p2"),
        (("difference", "--p1", "50%", "--p2", "40%", "--n2", "9"), "needs --n"),
        (("difference", "--p1", "50%", "--p2", "40%", "--n", "9", "--power", "90%"), "leave out: --power"),
        (("difference", "--p1", "50%", "--p2", "40%", "--n", "9", "--n2", "9", "--ratio", "1"), "leave out: --ratio"),
        (("difference", "--p1", "50%", "--p2", "40%", "--n", "0"), "> 0"),
        (("difference", "--p1", "50%", "--p2", "40%", "--sd1", "2"), "either --p1 --p2"),
        (("difference", "--p1", "50%", "--p2", "40%", "--rho", "0.5", "--overlap", "1"), "either --p1 --p2"),
        (("difference", "--p1", "50%", "--p2", "40%", "--both", "30%"), "need --overlap"),
        (("difference", "--difference", "2", "--sd1", "9", "--rho", "0.5"), "need --overlap"),
        (
            ("cluster", "--cost-unit", "1", "--cost-person", "1", "--icc", "0.05", "--p", "50%"),
            "exactly one of --budget",
        ),
        (("cluster", "--cost-unit", "1", "--cost-person", "1", "--icc", "5%", "--budget", "9"), "exactly one of --p"),
        (
            ("cluster", "--cost-unit", "1", "--cost-person", "1", "--icc", "5%", "--unit-cv", "2", "--margin", "1%"),
            "needs --p",
        ),
        (("communes",), "needs --margin"),
        (("communes", "--beside", "2"), "write 2x35.5"),
    ],
)
def test_what_is_misspelt_is_refused_by_the_manual(words: tuple[str, ...], said: str):
    result = run(*words, ok=False)
    assert result.exit_code == 2
    assert any(part in result.stderr for part in said.split("|"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("proportion", "--margin", "5"), "margin = 5.0 must lie between 0 and 1"),
        (("proportion",), "exactly one of margin"),
        (("proportion", "--margin", "5%", "--population", "0"), "population = 0 must not be below 1"),
        (("mean", "--sd", "-1", "--margin", "1"), "sd = -1.0 must be above 0"),
        (("difference", "--p1", "50%", "--p2", "50%"), "the two values are equal"),
        (("communes", "--margin", "5%", "--thon", "0"), "stratum '1' .* population = 0"),
    ],
)
def test_what_cannot_be_is_refused_by_the_statistics(words: tuple[str, ...], said: str):
    error = run(*words, ok=False).exception
    assert isinstance(error, SamplingError)
    with pytest.raises(SamplingError, match=said):
        raise error


def test_a_population_beside_domains_is_refused(tmp_path: Path):
    path = tmp_path / "nhom.csv"
    path.write_text("domain,population\nA,1000\n", encoding="utf-8")
    words = ("proportion", "--margin", "5%", "--domains", path, "--population", 10)
    assert "leave out: --population" in run(*words, ok=False).stderr


def test_a_domain_that_stands_twice_is_refused(tmp_path: Path):
    path = tmp_path / "nhom.csv"
    path.write_text("domain,population\nA,1000\nA,500\n", encoding="utf-8")
    assert "'A'" in run("proportion", "--margin", "5%", "--domains", path, ok=False).stderr


@pytest.mark.parametrize("command", ["proportion", "mean", "difference", "cluster", "communes"])
def test_every_help_has_an_example(command: str):
    assert f"survey sample-size {command} --" in run(command, "--help").stdout
