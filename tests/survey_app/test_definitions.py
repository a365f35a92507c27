"""Round definitions and unit lists: every fault with its place, all at once; what comes with the platform is sound."""

from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from instruments.loading import catalogue
from instruments.xlsform import read_instrument, write_instrument
from survey_app.definitions import DefinitionError, read_round_plan, read_units, shipped_rounds, shipped_units
from survey_app.models.rounds import Mode, RatingScope
from survey_app.services.rounds import RoundPlan

SO = shipped_rounds()["hanoi-2026-so"]


def written(path: Path, **changes: object) -> Path:
    """The definition of the sở with other values; ``...`` leaves a name out, ``group_…`` is of its first group."""
    raw = YAML(typ="safe").load(SO.read_text("utf-8"))
    for name, value in changes.items():
        place, key = (raw["groups"][0], name.removeprefix("group_")) if name.startswith("group_") else (raw, name)
        if value is ...:
            del place[key]
        else:
            place[key] = value
    with path.open("w", encoding="utf-8") as out:
        YAML(typ="safe").dump(raw, out)
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        read_round_plan(path)
    lines = str(refused.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


# --- what comes with the platform ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(shipped_rounds()))
def test_a_shipped_round_is_sound(code: str):
    plan = read_round_plan(shipped_rounds()[code])
    assert plan.code == code
    assert plan.city in shipped_units()
    blocks = set(read_units(shipped_units()[plan.city])["block"])
    assert set(plan.blocks) <= blocks
    assert plan.methods
    for group in plan.groups:
        assert group.instrument in {path.read_text("utf-8") for path in catalogue().values()}
        assert isinstance(group.mode, Mode)
        assert isinstance(group.rating_scope, RatingScope)


@pytest.mark.parametrize(
    ("city", "sizes"), [("hanoi", {"xa": 75, "phuong": 51}), ("hai_phong", {"xa": 67, "phuong": 45, "dac_khu": 2})]
)
def test_the_shipped_units_are_those_of_the_reform(city: str, sizes: dict[str, int]):
    units = read_units(shipped_units()[city])
    counts = units["unit_type"].value_counts()
    assert {kind: counts[kind] for kind in sizes} == sizes
    communes = units[units["unit_type"].isin(list(sizes))]
    assert communes["unit_code"].str.fullmatch(r"\d{5}").all()
    assert communes["unit_code"].str.startswith("0").any() == (city == "hanoi")  # zeros in front are part of a code


# --- rounds ----------------------------------------------------------------------------------------------------------


def test_a_definition_of_ones_own_is_read(tmp_path: Path):
    plan = read_round_plan(written(tmp_path / "own.yaml", code="cua-toi", min_cell=12))
    assert isinstance(plan, RoundPlan)
    assert (plan.code, plan.min_cell, plan.opens_on) == ("cua-toi", 12, date(2026, 11, 1))


@pytest.mark.parametrize("suffix", [".yaml", ".xlsx"])
def test_a_questionnaire_may_lie_beside_the_definition(tmp_path: Path, suffix: str):
    source = catalogue()["so_2026_cong_chuc"]
    write_instrument(read_instrument(source), tmp_path / f"own{suffix}")
    plan = read_round_plan(written(tmp_path / "round.yaml", group_instrument=f"own{suffix}"))
    (tmp_path / "again.yaml").write_text(plan.groups[0].instrument, encoding="utf-8")
    assert read_instrument(tmp_path / "again.yaml") == read_instrument(source)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"title": ...}, "title: missing"),
        ({"title": "Chỉ một thứ tiếng"}, "title: needs the words in both languages"),
        ({"title": {"vi": "a"}}, "title: needs the words in both languages"),
        ({"contact": {"vi": "a", "en": 1}}, "contact: needs the words in both languages"),
        ({"colour": "red"}, "colour: unknown"),
        ({"opens_on": "1/11/2026"}, "opens_on: '1/11/2026' is not a date"),
        ({"closes_on": 2026}, "closes_on: 2026 is not a date"),
        ({"closes_on": date(2026, 10, 1)}, "closes_on: 2026-10-01 lies before opens_on, 2026-11-01"),
        ({"code": "có dấu cách"}, "code: 'có dấu cách'"),
        ({"code": "../keys"}, "code: '../keys'"),
        ({"code": 2026}, "code: 2026"),
        ({"blocks": "so"}, "blocks: 'so' is not a list"),
        ({"methods": "dtxhh_so_2026"}, "methods: 'dtxhh_so_2026' is not a list"),
        ({"methods": ["nothing"]}, "methods: 'nothing' is neither a file nor one of"),
        ({"min_cell": 1}, "min_cell: 1 is not a whole number of at least 2"),
        ({"min_cell": "10"}, "min_cell: '10'"),
        ({"min_cell": True}, "min_cell: True"),
        ({"purpose": "fun"}, "purpose: 'fun' is not one of real, rehearsal"),
        ({"groups": []}, "groups: needs at least one group"),
        ({"groups": None}, "groups: needs at least one group"),
        ({"groups": {"code": "a"}}, "groups: needs at least one group"),
        ({"groups": ["a"]}, "groups[0]: a group is a mapping"),
        ({"group_code": "cong_chuc"}, "groups: the code cong_chuc stands twice"),
        ({"group_mode": "pigeon"}, "groups[0].mode: 'pigeon' is not one of personal_link, open_link"),
        ({"group_mode": ["personal_link"]}, "groups[0].mode: ['personal_link'] is not one of"),
        ({"group_rating_scope": "some"}, "groups[0].rating_scope: 'some' is not one of all_units"),
        ({"group_rating_scope": "chosen"}, "groups[0].rating_scope: people with personal links do not choose"),
        ({"group_rating_scope": "booklet"}, "groups[0].booklet_size: 0"),
        ({"group_booklet_size": "21"}, "groups[0].booklet_size: '21'"),
        ({"group_title": ...}, "groups[0].title: missing"),
        ({"group_instrument": ...}, "groups[0].instrument: missing"),
        ({"group_instrument": "none.yaml"}, "groups[0].instrument: 'none.yaml' is neither a file nor in the catalogue"),
        ({"group_weight": 1}, "groups[0].weight: unknown"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, changes: dict, fault: str):
    (found,) = faults(written(tmp_path / "round.yaml", **changes))
    assert found.startswith(fault)


def test_all_faults_are_named_at_once(tmp_path: Path):
    changes = {"title": ..., "colour": 1, "blocks": "so", "group_mode": "x", "group_instrument": "y", "min_cell": 0}
    found = faults(written(tmp_path / "round.yaml", **changes))
    assert {fault.split(":")[0] for fault in found} == {
        "title",
        "colour",
        "blocks",
        "groups[0].mode",
        "groups[0].instrument",
        "min_cell",
    }


@pytest.mark.parametrize("text", ["", "- a list", "just words", "a: [1", "a: 1\na: 2", "\t- x", "a: !!python/object:x"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "round.yaml"
    path.write_text(text)
    assert faults(path)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path):
    with pytest.raises(DefinitionError, match="hanoi-2026-so"):  # what there is instead
        read_round_plan(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    assert faults(tmp_path / "binary.yaml")


# --- units -----------------------------------------------------------------------------------------------------------

HEADER = "unit_code,name,unit_type,block,source_note"


def units(path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_codes_keep_their_zeros_and_names_that_look_empty_are_names(tmp_path: Path, encoding: str):
    path = units(tmp_path / "u.csv", "00004,Phường Ba Đình,phuong,xa_phuong,", "NA,NULL,so,so,x", encoding=encoding)
    found = read_units(path)
    assert list(found["unit_code"]) == ["00004", "NA"]
    assert list(found["name"]) == ["Phường Ba Đình", "NULL"]
    assert list(found["source_note"]) == ["", "x"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["1,A,so,so,", ",B,so,so,"], ["row 3, column unit_code: empty"]),
        (["1, ,so,so,"], ["row 2, column name: empty"]),
        (
            ["1,A,so,so,", "1,B,so,so,"],
            ["row 2, column unit_code: 1 stands twice", "row 3, column unit_code: 1 stands"],
        ),
        (["1,A,,,"], ["row 2, column unit_type: empty", "row 2, column block: empty"]),
        (["1,A"], ["row 2, column unit_type: empty", "row 2, column block: empty"]),
        (["1,A,so,so,", "", "2,B,so,,"], ["row 3, column unit_code: empty", "row 4, column block: empty"]),
    ],
)
def test_every_fault_of_a_unit_list_has_its_row_and_column(tmp_path: Path, rows: list[str], found: list[str]):
    with pytest.raises(DefinitionError) as refused:
        read_units(units(tmp_path / "u.csv", *rows))
    for fault in found:
        assert fault in str(refused.value)


def test_missing_columns_are_named(tmp_path: Path):
    with pytest.raises(DefinitionError, match="row 1: missing columns unit_type, block"):
        read_units(units(tmp_path / "u.csv", "1,A,x", header="unit_code,name,source_note"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"a,b\n1,2,3\n1,2,3,4\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "u.csv"
    path.write_bytes(content)
    with pytest.raises(DefinitionError, match=r"u\.csv"):
        read_units(path)
