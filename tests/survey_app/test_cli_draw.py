"""`survey draw` and `survey draw verify` on files: what is written, printed, refused; and that a check can fail."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sampling.faults import SamplingError
from survey_app.cli import survey
from survey_app.table_faults import TableFileError
from survey_app.tables import read_table, write_table

ADDED = ["inclusion_probability", "design_weight"]
STAGES = """
stages:
  - {unit: phường, method: pps-systematic, size: dân_số, n: 2}
  - {unit: mã, method: srs, n: 5}
"""


def run(*words: object, ok: bool = True) -> Result:
    result = CliRunner().invoke(survey, [str(word) for word in words])
    if ok:
        assert result.exit_code == 0, result.output
    return result


def frame() -> pd.DataFrame:
    """96 residents of four wards; codes with leading zeros."""
    rng = np.random.default_rng(3)
    wards = ["Ba Đình", "Cầu Giấy", "Tây Hồ", "Đống Đa"]
    return pd.DataFrame(
        {
            "mã": [f"{i:05}" for i in range(96)],
            "tên": [f"Người {i}" for i in range(96)],
            "phường": [wards[i // 24] for i in range(96)],
            "dân_số": np.repeat([900, 1200, 700, 1500], 24),
            "tuổi": rng.integers(18, 80, 96),
            "hộ": rng.lognormal(1, 0.5, 96),
            "người": [f"N{i // 3:02}" for i in range(96)],
            "người_lớn": rng.integers(1, 5, 96),
        }
    )


@pytest.fixture
def residents(tmp_path: Path) -> Path:
    path = tmp_path / "khung.csv"
    write_table(frame(), path)
    return path


def sizes_file(folder: Path, **sizes: object) -> Path:
    path = folder / "cỡ.csv"
    write_table(pd.DataFrame({"stratum": list(sizes), "n": list(sizes.values())}), path)
    return path


FOUR = {"Ba Đình": 3, "Cầu Giấy": 4, "Tây Hồ": 2, "Đống Đa": 24}
METHODS = {
    "srs": ("--n", 10),
    "systematic": ("--n", 10, "--sort", "phường", "--sort", "tuổi", "--serpentine"),
    "pps-systematic": ("--n", 10, "--size", "hộ", "--sort", "tuổi"),
    "pps-random-systematic": ("--n", 10, "--size", "hộ"),
    "sampford": ("--n", 10, "--size", "hộ"),
    "brewer": ("--n", 10, "--size", "hộ"),
    "tille": ("--n", 10, "--size", "hộ"),
    "maxent": ("--n", 10, "--size", "hộ"),
    "cube": ("--n", 10, "--balance", "tuổi", "--balance", "hộ"),
}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_draws_writes_and_is_verified(method: str, residents: Path, tmp_path: Path):
    out = tmp_path / "mẫu.csv"
    shown = run("draw", residents, "--id", "mã", "--method", method, *METHODS[method], "--seed", 7, "--out", out)
    sample = read_table(out)
    assert len(sample) == 10
    assert list(sample)[-2:] == ADDED
    assert sample["mã"].is_monotonic_increasing
    assert set(sample["mã"]) <= set(frame()["mã"])
    record = json.loads((tmp_path / "mẫu.csv.draw.json").read_text("utf-8"))
    assert record["seed"] == 7
    assert record["frame_sha256"] in shown.output
    assert "Hạt giống: 7" in shown.output
    assert "Giống hệt" in run("draw", "verify", residents, out).output


@pytest.mark.parametrize("suffix", ["csv", "sav", "dta", "xlsx", "parquet"])
def test_any_format_of_frame_and_sample_gives_the_same_sample(suffix: str, tmp_path: Path):
    table = frame().rename(columns={"mã": "ma", "phường": "phuong", "hộ": "ho"})[["ma", "phuong", "ho"]]
    frames = [tmp_path / "khung.csv", tmp_path / f"khung2.{suffix}"]
    for path, rows in zip(frames, (table, table.sample(frac=1, random_state=1)), strict=True):
        write_table(rows, path)
    found = []
    for number, path in enumerate(frames):
        out = tmp_path / f"mau{number}.{suffix}"
        run("draw", path, "--id", "ma", "--method", "brewer", "--n", 9, "--size", "ho", "--seed", 1, "--out", out)
        found.append(read_table(out))
        for other in frames:
            assert run("draw", "verify", other, out).exit_code == 0
    assert found[0]["ma"].tolist() == found[1]["ma"].tolist()
    assert found[0]["design_weight"].tolist() == pytest.approx(found[1]["design_weight"].tolist())


def test_strata_are_drawn_as_sized_and_shown_with_their_weights(residents: Path, tmp_path: Path):
    words = (
        "--id",
        "mã",
        "--method",
        "srs",
        "--strata",
        "phường",
        "--sizes",
        sizes_file(tmp_path, **FOUR),
        "--seed",
        2,
    )
    shown = run("draw", residents, *words, "--out", tmp_path / "s.csv").output
    assert "Tầng" in shown
    assert "Đống Đa" in shown
    assert "12,000" in shown  # the largest weight, 24 / 2, with a decimal comma
    assert "tổng 96,0 so với 96 dòng" in shown
    sample = read_table(tmp_path / "s.csv")
    assert sample["phường"].value_counts().to_dict() == FOUR
    assert (sample["stratum"] == sample["phường"]).all()
    table = json.loads(run("draw", residents, *words, "--out", tmp_path / "t.csv", "--format", "json").output)
    assert {row["stratum"]: row["drawn"] for row in table["rows"]} == FOUR
    assert {row["stratum"]: row["take_all"] for row in table["rows"]}["Đống Đa"] == 24
    assert run("draw", "verify", residents, tmp_path / "s.csv").exit_code == 0
    assert (tmp_path / "s.csv").read_bytes() == (tmp_path / "t.csv").read_bytes()


def test_sizes_may_name_several_columns(residents: Path, tmp_path: Path):
    table = frame().assign(giới=["nam", "nữ"] * 48)
    write_table(table, residents)
    sizes = table.groupby(["phường", "giới"]).size().reset_index(name="n").assign(n=2)
    write_table(sizes, tmp_path / "n.xlsx")
    words = ("--strata", "phường", "--strata", "giới", "--sizes", tmp_path / "n.xlsx", "--out", tmp_path / "s.csv")
    run("draw", residents, "--id", "mã", "--method", "systematic", "--sort", "tuổi", *words)
    sample = read_table(tmp_path / "s.csv")
    assert (sample.groupby(["phường", "giới"]).size() == 2).all()
    assert sample["stratum"].str.contains(" / ").all()


def test_without_a_seed_one_is_made_printed_and_good_for_a_check(residents: Path, tmp_path: Path):
    outs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    seeds = []
    for out in outs:
        shown = run("draw", residents, "--id", "mã", "--method", "srs", "--n", 20, "--out", out, "--lang", "en").output
        seeds.append(json.loads(Path(f"{out}.draw.json").read_text("utf-8"))["seed"])
        assert f"Seed: {seeds[-1]}" in shown
        assert run("draw", "verify", residents, out).exit_code == 0
    assert seeds[0] != seeds[1]


def test_a_design_in_stages(residents: Path, tmp_path: Path):
    design = tmp_path / "design.yaml"
    design.write_text(STAGES, encoding="utf-8")
    shown = run("draw", residents, "--id", "mã", "--stages", design, "--seed", 3, "--out", tmp_path / "s.csv").output
    assert "Giai đoạn 1: 2 phường" in shown
    assert "Giai đoạn 2: 10 mã" in shown
    sample = read_table(tmp_path / "s.csv")
    assert sample["stage_1_probability"].tolist() == pytest.approx((2 * sample["dân_số"] / 4300).tolist())
    product = sample["stage_1_probability"] * sample["stage_2_probability"]
    assert sample["inclusion_probability"].tolist() == pytest.approx(product.tolist())
    assert run("draw", "verify", residents, tmp_path / "s.csv").exit_code == 0


def test_files_and_households_give_weights_of_people(residents: Path, tmp_path: Path):
    words = ("--id", "mã", "--method", "srs", "--n", 30, "--seed", 4, "--out", tmp_path / "s.csv", "--lang", "en")
    shown = run("draw", residents, *words, "--multiplicity-key", "người", "--adults", "người_lớn", "--within", "kish")
    sample = read_table(tmp_path / "s.csv")
    assert "different people behind the rows drawn" in shown.output
    assert (sample["multiplicity"] == 3).all()
    people = sample["design_weight"] / 3 / sample["adult_probability"]
    assert sample["person_weight"].tolist() == pytest.approx(people.tolist())
    assert run("draw", "verify", residents, tmp_path / "s.csv").exit_code == 0
    capped = run("draw", residents, *words, "--adults", "người_lớn", "--adults-cap", 2)
    assert "households cut to the factor 2" in capped.output


def test_earlier_draws_enter_by_a_column(residents: Path, tmp_path: Path):
    write_table(frame().assign(p1=0.5), residents)
    run("draw", residents, "--id", "mã", "--method", "srs", "--n", 24, "--given", "p1", "--out", tmp_path / "s.csv")
    assert read_table(tmp_path / "s.csv")["design_weight"].tolist() == pytest.approx([8.0] * 24)


# ---- a check that can fail


@pytest.fixture
def drawn(residents: Path, tmp_path: Path) -> Path:
    out = tmp_path / "mẫu.csv"
    run("draw", residents, "--id", "mã", "--method", "sampford", "--size", "hộ", "--n", 8, "--seed", 5, "--out", out)
    return out


def test_a_sample_in_another_order_with_columns_added_or_taken_out_is_identical(residents: Path, drawn: Path):
    sample = read_table(drawn).sample(frac=1, random_state=1).assign(note="done").drop(columns="tên")
    write_table(sample, drawn)
    assert "Identical" in run("draw", "verify", residents, drawn, "--lang", "en").output
    write_table(frame().drop(columns="tên").iloc[::-1], residents)
    assert "Identical" in run("draw", "verify", residents, drawn, "--lang", "en").output


def swapped(sample: pd.DataFrame) -> pd.DataFrame:
    """One person put in the place of another, the rest of the row kept."""
    other = next(code for code in frame()["mã"] if code not in set(sample["mã"]))
    return sample.assign(mã=[other, *sample["mã"][1:]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swapped, ["not drawn", "drawn", "places: 2"]),
        (lambda s: s.iloc[1:], ["not drawn", "places: 1"]),
        (lambda s: pd.concat([s, s.head(1)]), ["×2"]),
        (lambda s: s.assign(design_weight=s["design_weight"] * 1.01), ["design_weight", "places: 8"]),
        (lambda s: s.assign(hộ=1.0), ["hộ"]),
        (lambda s: s.drop(columns="design_weight"), ["design_weight", "–"]),
        (lambda s: s.drop(columns="mã"), ["mã", "–"]),
    ],
)
def test_a_sample_that_was_changed_is_found_out(change, said: list[str], residents: Path, drawn: Path):
    write_table(change(read_table(drawn)), drawn)
    shown = run("draw", "verify", residents, drawn, "--lang", "en", ok=False)
    assert shown.exit_code == 1
    assert "DIFFERENT from the draw made again" in shown.output
    assert all(word in shown.output for word in said), shown.output


def test_a_draw_with_another_engine_is_mentioned(residents: Path, drawn: Path):
    record = Path(f"{drawn}.draw.json")
    entry = json.loads(record.read_text("utf-8"))
    record.write_text(json.dumps(entry | {"seed": 6, "engines": {"numpy": "1.0", "scipy": "1.0"}}), "utf-8")
    shown = run("draw", "verify", residents, drawn, "--lang", "en", ok=False)
    assert shown.exit_code == 1
    assert "drawn with numpy 1.0 scipy 1.0" in shown.output


@pytest.mark.parametrize("change", [lambda f: f.assign(hộ=f["hộ"] + 0.1), lambda f: f.iloc[1:]])
def test_another_frame_is_found_out(change, residents: Path, drawn: Path):
    write_table(change(frame()), residents)
    shown = run("draw", "verify", residents, drawn, ok=False)
    assert shown.exit_code == 1
    assert "KHÁC KHUNG" in shown.output


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), ("{", "not the record"), ("{}", "record_version"), ('{"record_version": 9}', "version 9")],
)
def test_a_record_that_is_none_is_refused(content: str | None, said: str, residents: Path, drawn: Path):
    record = Path(f"{drawn}.draw.json")
    record.unlink() if content is None else record.write_text(content, "utf-8")
    shown = run("draw", "verify", residents, drawn, ok=False)
    assert shown.exit_code == 1
    assert said in shown.output


# ---- what is refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--method", "srs", "--n", 97), "97 are to be drawn, but the list has 96"),
        (("--method", "sampford", "--n", 5), "needs a measure of size"),
        (("--method", "srs"), "exactly one is needed"),
        (("--n", 5), "no method of drawing is named"),
        (("--method", "srs", "--n", 5, "--size", "hộ"), "would pass over the size"),
        (("--method", "tille", "--n", 5, "--size", "tên"), "'tên', row 2"),
        (("--method", "srs", "--n", 5, "--sort", "tuổi"), "an order means nothing"),
        (("--method", "srs", "--n", 5, "--updated", "tên", "--not-before", "2026-01-01"), "no date"),
        (("--method", "systematic", "--n", 5, "--sort", "none"), "column none is missing"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(
    words: tuple, said: str, residents: Path, tmp_path: Path
):
    out = tmp_path / "none.csv"
    result = run("draw", residents, "--id", "mã", *words, "--out", out, ok=False)
    assert isinstance(result.exception, SamplingError | TableFileError)
    assert said in str(result.exception)
    assert result.exception.message("vi") != str(result.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ({"Ba Đình": 3}, "has no sample size"),
        (FOUR | {"Hồ Tây": 1}, "stratum Hồ Tây, which the frame does not have"),
        (FOUR | {"Tây Hồ": 2.5}, "stratum Tây Hồ: the sample size 2.5 is no whole number"),
        (FOUR | {"Tây Hồ": 25}, "25 are to be drawn, but it has 24"),
        (FOUR | {"Tây Hồ": None}, "the sample size nan"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_by_stratum(sizes: dict, said: str, residents: Path, tmp_path: Path):
    path = sizes_file(tmp_path, **sizes)
    words = ("--strata", "phường", "--sizes", path, "--out", tmp_path / "s.csv")
    result = run("draw", residents, "--id", "mã", "--method", "srs", *words, ok=False)
    assert said in str(result.exception)


def test_a_stratum_sized_twice_is_refused(residents: Path, tmp_path: Path):
    write_table(pd.DataFrame({"stratum": ["Ba Đình", "Ba Đình"], "n": [1, 2]}), tmp_path / "n.csv")
    words = ("--strata", "phường", "--sizes", tmp_path / "n.csv", "--out", tmp_path / "s.csv")
    result = run("draw", residents, "--id", "mã", "--method", "srs", *words, ok=False)
    assert "the stratum Ba Đình in several rows" in str(result.exception)


def test_rows_are_named_as_the_file_counts_them(tmp_path: Path):
    table = pd.DataFrame({"id": ["a", "b", "b"], "s": [1.0, 2.0, 0.0]})
    for suffix, rows in (("csv", r"(3, 4)"), ("sav", "(2, 3)")):
        path = tmp_path / f"f.{suffix}"
        write_table(table, path)
        words = ("draw", path, "--id", "id", "--method", "srs", "--n", 1, "--out", tmp_path / "s.csv")
        assert rows in str(run(*words, ok=False).exception)


def test_a_frame_that_has_a_column_of_the_sample_is_refused_unless_it_says_the_same(residents: Path, tmp_path: Path):
    write_table(frame().assign(design_weight=1.0), residents)
    out = tmp_path / "s.csv"
    result = run("draw", residents, "--id", "mã", "--method", "srs", "--n", 5, "--out", out, ok=False)
    assert "the frame has a column design_weight" in str(result.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stages: [", "design file cannot be read"),
        ("stages: []", "no stage"),
        ("stages:\n  - {unit: a}", "stage 1: method"),
    ],
)
def test_a_design_file_with_faults_is_refused(text: str, said: str, residents: Path, tmp_path: Path):
    design = tmp_path / "design.yaml"
    design.write_text(text, encoding="utf-8")
    shown = run("draw", residents, "--id", "mã", "--stages", design, "--out", tmp_path / "s.csv", ok=False)
    assert shown.exit_code == 1
    assert said in shown.output + str(shown.exception)


def test_an_unknown_kind_of_output_is_refused_before_any_work(residents: Path, tmp_path: Path):
    shown = run("draw", residents, "--id", "mã", "--method", "srs", "--n", 5, "--out", tmp_path / "s.txt", ok=False)
    assert shown.exit_code == 2
    assert "'.txt' is none of" in shown.output


def test_help_of_both_commands_carries_examples():
    assert "survey draw residents.csv" in run("draw", "--help").output
    assert "survey draw verify" in run("draw", "--help").output
    assert "survey draw verify residents.csv" in run("draw", "verify", "--help").output


def test_a_thousand_strata_are_summed_up_on_screen(tmp_path: Path):
    table = pd.DataFrame({"id": range(2000), "s": [f"T{i // 2}" for i in range(2000)]})
    write_table(table, tmp_path / "f.csv")
    sizes = sizes_file(tmp_path, **{f"T{i}": 1 for i in range(1000)})
    words = ("--id", "id", "--method", "srs", "--strata", "s", "--sizes", sizes, "--out", tmp_path / "s.csv")
    shown = run("draw", tmp_path / "f.csv", *words, "--lang", "en").output
    assert "and 960 more strata" in shown
    assert len(shown.splitlines()) < 60


def test_joint_probabilities_of_the_sampled_rows_are_written(residents: Path, tmp_path: Path):
    out, pairs = tmp_path / "mẫu.csv", tmp_path / "cặp.csv"
    words = ("draw", residents, "--id", "mã", "--method", "sampford", "--size", "hộ", "--n", 6, "--seed", 4)
    shown = run(*words, "--out", out, "--joint", pairs).stdout
    assert "Xác suất chọn cặp: 21 dòng" in shown
    found, sample = read_table(pairs), read_table(out)
    assert found["id_1"].tolist()[:6] == [sample["mã"][0]] * 6
    own = found[found["id_1"] == found["id_2"]].set_index("id_1")["probability"]
    assert own[sample["mã"]].tolist() == pytest.approx(sample["inclusion_probability"].tolist())
    apart = found[found["id_1"] != found["id_2"]]
    product = own[apart["id_1"]].to_numpy() * own[apart["id_2"]].to_numpy()
    assert (apart["probability"].to_numpy() < product).all()
    assert (apart["probability"].to_numpy() > 0.5 * product).all()


def test_joint_probabilities_that_cannot_be_had_are_refused_before_the_sample_is_written(residents, tmp_path: Path):
    out = tmp_path / "s.csv"
    words = ("draw", residents, "--id", "mã", "--n", 6, "--out", out, "--joint", tmp_path / "pairs.csv")
    result = run(*words, "--method", "brewer", "--size", "hộ", ok=False)
    assert isinstance(result.exception, SamplingError)
    assert "cannot be written down" in result.exception.message("en")
    assert not out.exists()
    assert run(*words[:-1], tmp_path / "pairs.txt", "--method", "srs", ok=False).exit_code == 2


def test_the_cube_says_how_well_it_balances(residents: Path, tmp_path: Path):
    words = ("draw", residents, "--id", "mã", "--method", "cube", "--balance", "hộ", "--balance", "tuổi", "--n", 24)
    out = tmp_path / "s.csv"
    shown = run(*words, "--seed", 3, "--out", out, "--lang", "en", "--format", "json").stdout
    notes = [note for note in json.loads(shown)["notes"] if note.startswith("Balance of")]
    sample, whole = read_table(out), frame()
    for note, name in zip(notes, ("hộ", "tuổi"), strict=True):
        total, estimate = whole[name].sum(), (sample[name] * sample["design_weight"]).sum()
        assert note == (
            f"Balance of {name}: total in the frame {total:.2f}, estimate from the sample {estimate:.2f}, "
            f"off by {100 * (estimate - total) / total:.3f} %"
        )
    assert "Cân bằng theo tuổi" in run(*words, "--seed", 3, "--out", out).stdout
    assert "Cân bằng" not in run(*words[:4], "--method", "srs", "--n", 24, "--out", out).stdout
