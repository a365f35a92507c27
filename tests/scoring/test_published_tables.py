"""Published tables recomputed from method files: PAPI 2011-2013 and PAR INDEX 2012."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from scoring.loading import load_method, load_table, methods
from scoring.scorer import score
from scoring.standing import rounded_half_up
from scoring.tables import components_from_wide
from survey_app.cli.score import score as score_command

PUBLISHED = Path(__file__).parents[1] / "references" / "published"
PAPI = PUBLISHED / "papi_2011_2013.csv"
PAR = PUBLISHED / "par_index_2012.csv"


def scored(method_id, path, **mapping):
    method = load_method(methods()[method_id])
    return score(method, components=components_from_wide(load_table(path), method, **mapping))


def scored_by_command(tmp_path, method_id, path, *mapping):
    out = tmp_path / "results.csv"
    arguments = ["--method", str(methods()[method_id]), "--ratings", str(path), "--out", str(out), *mapping]
    result = CliRunner().invoke(score_command, arguments)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(out, dtype={"unit": str, "block": str})
    return table[table["level"] == "unit"], result.output


def printed(value, text):
    """The value rounded half up to as many decimals as the printed text has."""
    digits = max(-Decimal(text).as_tuple().exponent, 0)
    return rounded_half_up(value, digits) == rounded_half_up(float(text), digits)


def assert_papi(units):
    table = load_table(PAPI)
    found = units.set_index(["block", "unit"])["points"]
    assert len(table) == len(found) == 189
    for year, count in table["year"].value_counts().items():
        rows = table[table["year"] == year]
        matches = [
            printed(found[year, code], total)
            for code, total in zip(rows["tinhid"], rows["papi_unweighted_total"], strict=True)
        ]
        assert sum(matches) == count == 63, f"{year}: {sum(matches)} of {count}"


def test_all_189_papi_totals_to_the_printed_digits():
    assert_papi(scored("papi_2011", PAPI, unit_column="tinhid", group_by="year").by_unit)


def test_all_189_papi_totals_by_the_command(tmp_path):
    mapping = ("--unit-column", "tinhid", "--group-by", "year")
    units, output = scored_by_command(tmp_path, "papi_2011", PAPI, *mapping)
    assert_papi(units)
    assert "giả định" in output


def assert_par_index(units):
    table = load_table(PAR).set_index("code")
    found = units.set_index("unit")
    assert len(table) == len(found) == 19
    for code, row in table.iterrows():
        assert f"{found.loc[code, 'index_rounded']:.2f}" == f"{float(row['par_index']):.2f}"
        assert printed(found.loc[code, "index"], row["par_index"])
        assert int(found.loc[code, "rank"]) == int(row["rank"])


def test_all_19_par_index_values_and_ranks():
    assert_par_index(scored("par_index_2012", PAR, unit_column="code").by_unit)


def test_all_19_par_index_values_and_ranks_by_the_command(tmp_path):
    units, _ = scored_by_command(tmp_path, "par_index_2012", PAR, "--unit-column", "code")
    assert_par_index(units)


def test_the_long_form_gives_the_bytes_of_the_wide_form(tmp_path):
    table = load_table(PAR)
    long = table.melt(id_vars="code", value_vars=["score_moha", "score_survey"], var_name="component")
    path = tmp_path / "long.csv"
    long.rename(columns={"code": "unit"}).sample(frac=1, random_state=5).to_csv(path, index=False)
    units, _ = scored_by_command(tmp_path, "par_index_2012", path)
    assert_par_index(units)


def test_a_published_table_without_a_component_is_refused_by_column():
    table = load_table(PAR).drop(columns="score_moha")
    method = load_method(methods()["par_index_2012"])
    with pytest.raises(ValueError, match="column score_moha: is missing"):
        components_from_wide(table, method, unit_column="code")


def test_a_blank_component_of_a_published_table_is_refused():
    table = load_table(PAR)
    table.loc[3, "score_survey"] = ""
    method = load_method(methods()["par_index_2012"])
    with pytest.raises(ValueError, match="has no value of component 'score_survey' for unit '87'"):
        score(method, components=components_from_wide(table, method, unit_column="code"))
