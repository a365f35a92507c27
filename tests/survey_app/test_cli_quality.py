"""`survey quality` on real files: signs, clusters, a file of ballots, a chart; it flags and never decides."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from survey_app.cli import survey
from survey_app.tables import read_table, write_table

ITEMS = [f"q{place}" for place in range(1, 13)]
N = 400


def ballots(folder: Path, suffix: str = ".csv") -> Path:
    """20 interviewers of 20; the third copies his first ballot, the sixth praises everything."""
    rng = np.random.default_rng(5)
    latent = 0.6 * rng.standard_normal((N, 1)) + 0.8 * rng.standard_normal((N, 12))
    answers = 1 + np.searchsorted((-1.6, -0.8, 0.1, 1.1), latent)
    who = np.arange(N) // 20
    copied = np.flatnonzero(who == 3)
    answers[copied] = answers[copied[0]]
    answers[copied, np.arange(20) % 12] = 3
    answers[who == 6] = 5
    answers[7, 2] = 98
    answers[:2] = [1, 5, 1, 5, 2, 4, 1, 4, 3, 5, 2, 1]  # a ballot that nobody else would give, twice but for one answer
    answers[1, 0] = 2
    frame = pd.DataFrame(answers, columns=ITEMS)
    frame["interviewer"] = [f"ĐTV {one:02d}" for one in who]
    frame["mode"] = np.where(np.arange(N) % 2, "giấy", "mạng")
    frame["seconds"] = np.exp(rng.normal(5, 0.4, N)).round(1)
    path = folder / f"ballots{suffix}"
    write_table(frame, path)
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(survey, ["quality", *map(str, words)])


def rows(*words: object) -> list[dict]:
    result = run(*words, "--missing", "98", "--seed", "1", "--format", "json")
    assert result.exception is None, result.output
    return json.loads(result.stdout)["rows"]


@pytest.mark.parametrize("suffix", [".csv", ".sav", ".dta", ".xlsx"])
def test_clusters_stand_out_in_every_kind_of_file(tmp_path: Path, suffix: str):
    path = ballots(tmp_path, suffix)
    found = rows(path, "q1:q12", "--cluster", "interviewer", "--show", "clusters")
    assert {row["cluster"] for row in found} == {"ĐTV 03", "ĐTV 06"}
    assert {"copies", "mean"} <= {row["test"] for row in found}
    assert all(row["p"] <= row["p_adjusted"] <= 0.05 for row in found)


def test_the_table_of_signs_has_the_share_that_honest_ballots_would_have(tmp_path: Path):
    found = rows(
        ballots(tmp_path), "q1:q12", "--duration", "seconds", "--scale", "q1:q6", "--scale", "q7:q12",
        "--false-alarm", "0.02",
    )  # fmt: skip
    assert [row["sign"] for row in found] == [
        "longest_string", "average_string", "variability", "distance", "even_odd", "person_fit", "nonresponse",
        "speed", "near_duplicate", "any",
    ]  # fmt: skip
    assert all(row["expected_share"] <= 2 for row in found[:-1])
    assert found[-1]["n"] == N


def test_out_writes_the_signs_of_every_ballot_with_its_row_in_the_file(tmp_path: Path):
    path, out = ballots(tmp_path), tmp_path / "signs.csv"
    shown = run(path, "q1:q12", "--missing", "98", "--seed", "1", "--different", 1, "--out", out)
    assert shown.exit_code == 0, shown.output
    assert "Dấu hiệu theo phiếu" in shown.stdout
    signs = read_table(out)
    assert signs["row"].tolist() == list(range(2, N + 2))
    assert signs["nonresponse"].sum() == 1
    assert signs["near_duplicate"].head(3).tolist() == [1, 1, 0]
    assert signs["near_duplicate_flag"].head(3).astype(str).tolist() == ["True", "True", "False"]


@pytest.mark.parametrize(("lang", "words"), [("vi", "không phiếu nào bị loại"), ("en", "no ballot is dropped")])
def test_the_words_say_that_it_flags_and_never_decides(tmp_path: Path, lang: str, words: str):
    shown = run(ballots(tmp_path), *ITEMS, "--cluster", "mode", "--missing", "98", "--seed", "3", "--lang", lang)
    assert shown.exit_code == 0, shown.output
    assert words in shown.stdout
    assert "mode" in shown.stdout.splitlines()[-2]  # two clusters: their true differences are not discounted
    assert "--seed) 3" in shown.stdout


def test_the_same_seed_gives_the_same_table_and_without_one_it_is_printed(tmp_path: Path):
    path = ballots(tmp_path)
    first = run(path, "q1:q12", "--missing", "98")
    seed = first.stdout.split("(--seed) ")[1].split()[0]
    assert run(path, "q1:q12", "--missing", "98", "--seed", seed).stdout == first.stdout


def test_pairs_and_correlations_within_clusters_can_be_asked_for(tmp_path: Path):
    path = ballots(tmp_path)
    pairs = rows(path, "q1:q12", "--show", "pairs", "--different", 2)
    assert {"row", "twin", "differing", "beyond_chance"} == set(pairs[0])
    assert sum(62 <= row["row"] <= 81 and 62 <= row["twin"] <= 81 for row in pairs) == 190
    icc = rows(path, "q1:q12", "--cluster", "interviewer", "--show", "icc")
    assert [row["item"] for row in icc] == ITEMS
    assert all(row["ci_low"] <= row["icc"] <= row["ci_high"] for row in icc)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_overview_is_drawn(tmp_path: Path, suffix: str):
    figure = tmp_path / f"overview{suffix}"
    shown = run(ballots(tmp_path), "q1:q12", "--missing", "98", "--seed", "1", "--plot", figure)
    assert shown.exit_code == 0, shown.output
    assert figure.stat().st_size > 5000
    assert "Dấu hiệu cần xem lại" in shown.stderr


def refusal(*words: object) -> str:
    result = run(*words)
    assert result.exit_code != 0
    return f"{result.output} {result.exception}"


def test_refusals_name_what_is_wrong(tmp_path: Path):
    path = ballots(tmp_path)
    assert "q99" in refusal(path, "q1", "q99")
    assert "--cluster COL" in refusal(path, "q1:q12", "--show", "icc")
    assert "nowhere" in refusal(path, "q1:q12", "--cluster", "nowhere", "--missing", "98")
    assert "0.7" in refusal(path, "q1:q12", "--false-alarm", "0.7")
    assert "q13" in refusal(path, "q1:q12", "--reverse", "q13", "--missing", "98")
    frame = read_table(path).assign(seconds=0)
    write_table(frame, path)
    assert "seconds" in refusal(path, "q1:q12", "--duration", "seconds", "--missing", "98")
    write_table(frame.iloc[:10], path)
    assert "30" in refusal(path, "q1:q12", "--missing", "98")
