"""Tables from and to files: what is read is what a person sees, and what cannot be read is named."""

import math
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.cli.refusals import in_words
from survey_app.table_faults import TEXTS
from survey_app.table_names import SPSS_LENGTH, STATA_LENGTH, program_names
from survey_app.tables import SUFFIXES, TableFileError, labels, numbers, read_table, write_table

MARK = b"\xef\xbb\xbf"


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> tuple[pd.DataFrame, Path]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path), path


def frame_of_all_kinds() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "mã xã": pd.Series(["00123", "00124", "NA"], dtype="str"),
            "tên": pd.Series(["Hà Nội", "Đống Đa, “A”", None], dtype="str"),
            "n": np.array([1, 2, 3]),
            "trọng số": [0.1 + 0.2, np.nan, 1e-300],
        }
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_written_is_read_back(suffix: str, tmp_path: Path):
    frame, path = frame_of_all_kinds(), tmp_path / f"t{suffix}"
    write_table(frame, path)
    back = read_table(path)
    if suffix in {".sav", ".dta"}:
        assert list(back) == ["ma_xa", "ten", "n", "trong_so"]
        assert back.attrs["column_labels"]["trong_so"] == "trọng số"
        back.columns = frame.columns
    assert list(labels(back, "mã xã", path=path)) == ["00123", "00124", "NA"]
    assert list(back["tên"].fillna("")) == ["Hà Nội", "Đống Đa, “A”", ""]
    for column in ("n", "trọng số"):
        np.testing.assert_array_equal(numbers(back, column, path=path), frame[column].to_numpy(float))


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1, max_size=8))
def test_numbers_survive_csv_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, values: list[float]):
    path = tmp_path_factory.getbasetemp() / "bits.csv"
    write_table(pd.DataFrame({"id": range(len(values)), "x": values}), path)
    np.testing.assert_array_equal(numbers(read_table(path), "x", path=path), values)


@pytest.mark.parametrize("mark", [b"", MARK])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_separator_and_byte_order_mark_are_recognised(mark: bytes, separator: str, line_end: str, tmp_path: Path):
    text = line_end.join(separator.join(row) for row in (["mã", '"a,b;c"', "x"], ["1", "2.5", "y"])) + line_end
    frame, _path = table(tmp_path, mark + text.encode())
    assert frame.to_dict("list") == {"mã": [1], "a,b;c": [2.5], "x": ["y"]}


def test_decimal_commas_are_read_where_semicolons_separate(tmp_path: Path):
    frame, path = table(tmp_path, "mã;trọng số;dân\n01;1,5;12.345\n02;-2;1.000\n03;NA;999\n")
    assert numbers(frame, "trọng số", path=path).tolist()[:2] == [1.5, -2]
    assert math.isnan(numbers(frame, "trọng số", path=path)[2])
    with pytest.raises(TableFileError, match=r"'dân', row 2, 3: '12\.345' can be read in two ways"):
        numbers(frame, "dân", path=path)


def test_decimal_points_are_read_where_semicolons_separate_unless_they_may_group_thousands(tmp_path: Path):
    frame, path = table(tmp_path, "a;b\n1.5;1.250\n2;900\n")
    assert numbers(frame, "a", path=path).tolist() == [1.5, 2]
    with pytest.raises(TableFileError, match=r"row 2: '1\.250' can be read in two ways"):
        numbers(frame, "b", path=path)


def test_a_decimal_comma_between_commas_is_no_number(tmp_path: Path):
    frame, path = table(tmp_path, 'a,b,c\n"1,5","1,250",1\n')
    with pytest.raises(TableFileError, match="'1,5' is not a number"):
        numbers(frame, "a", path=path)
    with pytest.raises(TableFileError, match="'1,250' can be read in two ways"):
        numbers(frame, "b", path=path)


@pytest.mark.parametrize("code", ["00123", "001099012345", "1234567890123456", "-01"])
def test_codes_stay_text(code: str, tmp_path: Path):
    frame, path = table(tmp_path, f"id,x\n{code},1\n5,2\n")
    assert list(labels(frame, "id", path=path)) == [code, "5"]


@pytest.mark.parametrize("number", ["0", "0.5", "-0.5", "123456789012345", "0.30000000000000004", "1e-5", "+7", ".5"])
def test_what_looks_a_little_like_a_code_is_a_number(number: str, tmp_path: Path):
    frame, path = table(tmp_path, f"id,x\n{number},1\n")
    assert pd.api.types.is_numeric_dtype(frame["id"].dtype)
    assert numbers(frame, "id", path=path)[0] == float(number)


def test_na_is_missing_among_numbers_and_a_code_among_words(tmp_path: Path):
    frame, path = table(tmp_path, "province,x\nNA,NA\nHN,1\n,\nNA,NaN\n")
    assert frame["province"].fillna("–").tolist() == ["NA", "HN", "–", "NA"]
    assert np.isnan(numbers(frame, "x", path=path)).tolist() == [True, False, True, True]


def test_spaces_and_ways_of_composing_accents_make_no_second_name(tmp_path: Path):
    frame, path = table(tmp_path, " xã \nHà Nội\n Hà Nội \n")
    assert set(labels(frame, "xã", path=path)) == {"Hà Nội"}


def test_labels_of_numbers_have_no_decimals(tmp_path: Path):
    frame, path = table(tmp_path, "psu,y\n3,1\n4,\n")
    frame["psu"] = frame["psu"].astype(float)
    assert list(labels(frame, "psu", path=path)) == ["3", "4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        ("a,b\n", "not one row of data"),
        ("a,b\n,\n\n", "not one row of data"),
        ("a,b\n1,2\n3\n\n4,5,6\n", r"row 3, 5: not as many cells as the header \(2\)"),
        ("a,b\n" + "1\n" * 9, r"row 2, 3, 4, 5, 6 … \(\+4\)"),
        ('a,b\n"x\ny",1\n2\n', "row 3: not as many"),
        ("a,b, a\n1,2,3\n", "'a' stands 2 times"),
        ("a,,c\n1,2,3\n", "column number 2 holds data"),
        ("a,b\n1,2\n3,Hà\n".encode("cp1258"), r"row 3 \(byte 12\) is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), r"row 1 \(byte 1\) is not UTF-8"),
    ],
)
def test_a_faulty_csv_file_is_refused_with_its_place(text: str | bytes, said: str, tmp_path: Path):
    with pytest.raises(TableFileError, match=said):
        table(tmp_path, text)


def test_empty_lines_end_a_file_and_a_nameless_empty_column_is_left_out(tmp_path: Path):
    frame, _path = table(tmp_path, "a;b;\n1;2;\n;;\n3;4;\n;;\n\n\n")
    assert list(frame) == ["a", "b"]
    assert frame["a"].fillna(-1).tolist() == [1, -1, 3]


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xlsx", ".parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(suffix: str, tmp_path: Path):
    with pytest.raises(TableFileError, match=f"t{suffix}: cannot be read as a {suffix} file"):
        table(tmp_path, "a,b\n1,2\n", f"t{suffix}")


def test_other_kinds_of_files_are_refused_with_what_is_read(tmp_path: Path):
    with pytest.raises(TableFileError, match=r"'\.txt' are unknown; read and written are: \.csv \.sav \.dta"):
        table(tmp_path, "a\n1\n", "t.txt")
    with pytest.raises(TableFileError, match=r"'\.ods'"):
        write_table(frame_of_all_kinds(), tmp_path / "t.ods")


def test_a_missing_file_is_said_by_the_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "none.sav")


def test_what_is_no_number_is_named_by_column_row_and_value(tmp_path: Path):
    frame, path = table(tmp_path, "x,y\n1,a\nhai,b\n3,c\nbốn,d\n")
    with pytest.raises(TableFileError, match=r"t\.csv: column 'x', row 3, 5: 'hai' is not a number"):
        numbers(frame, "x", path=path)


def test_infinity_is_no_number(tmp_path: Path):
    path = tmp_path / "t.parquet"
    write_table(pd.DataFrame({"x": [1.0, math.inf]}), path)
    with pytest.raises(TableFileError, match="row 2: 'inf' is not a number"):
        numbers(read_table(path), "x", path=path)


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path):
    frame, path = table(tmp_path, "x,y\n1,2\n")
    for column in (numbers, labels):
        with pytest.raises(TableFileError, match="no column 'z'; there are: x, y"):
            column(frame, "z", path=path)


def test_a_blank_label_is_named_by_row(tmp_path: Path):
    frame, path = table(tmp_path, "x,y\nA,1\n,2\n")
    with pytest.raises(TableFileError, match="column 'x', row 3: a blank cell"):
        labels(frame, "x", path=path)


def test_in_a_spss_file_rows_are_cases(tmp_path: Path):
    path = tmp_path / "t.sav"
    write_table(pd.DataFrame({"x": ["A", ""]}), path)
    with pytest.raises(TableFileError, match="row 2: a blank cell"):
        labels(read_table(path), "x", path=path)


def test_excel_text_stays_text_even_if_it_begins_like_a_formula(tmp_path: Path):
    path = tmp_path / "t.xlsx"
    write_table(pd.DataFrame({"x": ["=1+1", "a"]}), path)
    sheet = openpyxl.load_workbook(path).active
    assert sheet["A2"].data_type == "s"
    assert read_table(path)["x"].tolist() == ["=1+1", "a"]


def test_names_for_spss_and_stata_are_ascii_and_unlike():
    names = program_names(["Điểm số", "điểm_số", "2026", "with", "STR8", "x" * 70, "x" * 70 + "y", "(%)"], STATA_LENGTH)
    assert names == ["Diem_so", "diem_so_2", "v_2026", "with_", "STR8_", "x" * 32, "x" * 30 + "_2", "v_"]


@given(st.lists(st.text(max_size=80), max_size=12))
def test_any_names_become_names_that_the_programs_take(columns: list[str]):
    names = program_names(columns, SPSS_LENGTH)
    assert len({name.lower() for name in names}) == len(columns)
    assert all(name.isascii() and name[0].isalpha() and len(name) <= SPSS_LENGTH for name in names)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") for name in names)


@pytest.mark.parametrize("code", TEXTS)
def test_both_languages_name_the_same_facts(code: str):
    vietnamese, english = (
        {part.split("!")[0].split("}")[0] for part in sentence.split("{")[1:]} for sentence in TEXTS[code]
    )
    assert vietnamese == english


def test_the_command_says_it_in_both_languages(tmp_path: Path):
    with pytest.raises(TableFileError) as refused:
        table(tmp_path, "")
    assert in_words(refused.value).splitlines() == [
        f"{tmp_path / 't.csv'}: tệp trống",
        f"{tmp_path / 't.csv'}: the file is empty",
    ]


def test_of_parquet_only_the_columns_that_are_needed_are_read(tmp_path: Path):
    path = tmp_path / "t.parquet"
    many = {"a ": [1, 2], "b": ["x", ""], "c": [0.5, None]}
    pd.DataFrame(many).to_parquet(path)
    found = read_table(path, ["c", "a", "c"])
    assert found.columns.tolist() == ["a", "c"]
    pd.testing.assert_frame_equal(found, read_table(path)[["a", "c"]])
    with pytest.raises(TableFileError, match="there is no column 'z'; there are: a, b, c"):
        read_table(path, ["a", "z"])
    pd.DataFrame({"a": [1], "b": [2]}).to_csv(tmp_path / "t.csv", index=False)
    assert "a" in read_table(tmp_path / "t.csv", ["a"])
