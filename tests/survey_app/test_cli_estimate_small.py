"""``survey estimate`` with small numbers: closed groups, both estimands, and guarded errors."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from survey_app.cli.estimate import estimate


@pytest.fixture
def delegates(tmp_path):
    frame = pd.DataFrame({"ô": ["sở"] * 4 + ["ban"] * 4, "q": [5, 4, 4, 3, 2, 3, 3, 4]})
    frame.to_csv(tmp_path / "phiếu.csv", index=False)
    pd.DataFrame({"cell": ["sở", "ban"], "invited": [4, 12]}).to_csv(tmp_path / "mời.csv", index=False)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(estimate, [str(argument) for argument in arguments])


def closed(folder, estimand, *more):
    common = ("--closed-group", "ô", "--invited", folder / "mời.csv", "--estimand", estimand)
    result = run("mean", folder / "phiếu.csv", "q", *common, "--format", "json", *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_both_estimands_share_the_mean_and_differ_in_the_error(delegates):
    """Mean (4·4 + 12·3)/16; only "ban", with 4 of 12, leaves this year's raters in doubt."""
    raters, unit = (closed(delegates, name)["rows"][0] for name in ("raters", "performance"))
    assert raters["estimate"] == unit["estimate"] == pytest.approx((4 * 4 + 12 * 3) / 16)
    squares = np.var([2, 3, 3, 4], ddof=1) / 4
    assert raters["se"] == pytest.approx(np.sqrt((12 / 16) ** 2 * (1 - 4 / 12) * squares))
    own = np.var([5, 4, 4, 3], ddof=1) / 4
    assert unit["se"] == pytest.approx(np.sqrt((12 / 16) ** 2 * squares + (4 / 16) ** 2 * own))


def test_the_note_says_who_answered_and_what_is_estimated(delegates):
    assert "8/16 người trả lời (2 ô)" in " ".join(closed(delegates, "raters")["notes"])
    assert "how the unit performs" in " ".join(closed(delegates, "performance", "--lang", "en")["notes"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--closed-group", "ô"), "--invited"),
        (("--invited", "mời.csv"), "--invited"),
        (("--closed-group", "ô", "--invited", "mời.csv", "--strata", "ô"), "--closed-group"),
        (("--guard", "5", "1"), "LOW < HIGH"),
        (("--guard", "1", "5", "--guard-within", "q"), "--guard-within"),
        (("--guard", "1", "5", "--by", "ô", "--compare", "ô=sở,ban"), "--guard"),
        (("--guard-below", "5"), "--guard LOW HIGH"),
        (("--estimand", "raters"), "--closed-group"),
    ],
)
def test_options_that_do_not_go_together_are_refused(delegates, monkeypatch, more, said):
    monkeypatch.chdir(delegates)
    result = run("mean", "phiếu.csv", "q", *more)
    assert result.exit_code == 2
    assert said in result.output


def test_two_thon_that_agree_are_given_the_spread_of_the_others(tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"xã": np.repeat(np.arange(12), 20), "thôn": np.repeat(np.arange(24), 10)})
    frame["q"] = rng.integers(2, 6, len(frame))
    frame.loc[frame["xã"] == 4, "q"] = 5
    frame.to_parquet(tmp_path / "f.parquet")
    common = ("mean", tmp_path / "f.parquet", "q", "--by", "xã", "--strata", "xã", "--psu", "thôn", "--format", "json")
    plain, guarded = (json.loads(run(*common, *more).stdout) for more in ((), ("--guard", "1", "5")))
    assert plain["rows"][4]["se"] == 0
    assert plain["rows"][4]["note"] == "zero_error"
    assert guarded["rows"][4]["se"] > 0
    assert guarded["rows"][4]["se_method"] == "pooled"
    assert guarded["rows"][4]["ci_high"] <= 5
    assert guarded["rows"][0]["df"] == 12
    assert "mượn độ phân tán" in " ".join(guarded["notes"])


def test_a_scale_that_is_not_the_answers_is_refused(delegates):
    result = run("mean", delegates / "phiếu.csv", "q", "--guard", 0, 1)
    assert "outside the scale from 0 to 1" in str(result.exception)
    shares = run("proportion", delegates / "phiếu.csv", "q", "--guard", 1, 5)
    assert shares.exit_code == 2
    assert "--guard 0 1" in shares.output


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("cell,invited\nsở,4\nban,12\nban,13\n", "row 4: ban stands in an earlier row"),
        ("cell,invited\nsở,4\nban,3.7\n", "row 3: 3.7 is not a number of people"),
        ("cell,invited\nsở,4\nban,\n", "row 3"),
    ],
)
def test_a_list_of_invitees_that_cannot_be_is_refused_by_row(delegates, table, said):
    (delegates / "mời.csv").write_text(table, encoding="utf-8")
    common = ("--closed-group", "ô", "--invited", delegates / "mời.csv")
    assert said in str(run("mean", delegates / "phiếu.csv", "q", *common).exception)


def test_a_cell_with_one_answer_of_several_is_refused_unless_a_rule_is_named(delegates):
    pd.DataFrame({"ô": ["sở", "sở", "ban"], "q": [1, 2, 3]}).to_csv(delegates / "phiếu.csv", index=False)
    common = ("mean", delegates / "phiếu.csv", "q", "--closed-group", "ô", "--invited", delegates / "mời.csv")
    assert "ban" in str(run(*common).exception)
    assert run(*common, "--lonely-psu", "adjust").exit_code == 0
