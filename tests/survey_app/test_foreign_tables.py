"""Files as other programs write them: what they mean has to arrive, and what they hide has to be seen."""

import datetime
import decimal
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest

from survey_app.tables import TableFileError, labels, numbers, read_table, write_table

LABELS = {1: "Rất không hài lòng", 5: "Rất hài lòng", 9: "Không trả lời"}


@pytest.fixture
def spss(tmp_path: Path) -> Path:
    """A file as an institute keeps it: labels, codes for no answer of three kinds, dates, codes with zeros."""
    frame = pd.DataFrame(
        {
            "q1": [1, 5, 9, np.nan],
            "q2": [1.0, 97, 98, 4.5],
            "noi_o": ["Hà Nội", "KTL", "", "Đà Nẵng"],
            "xa": ["00123", "00124  ", "00123", "00125"],
            "ngay": [datetime.date(2026, 3, 1)] * 4,
        }
    )
    path = tmp_path / "khao-sat.sav"
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={"q1": "Mức độ hài lòng"},
        variable_value_labels={"q1": LABELS},
        missing_ranges={"q1": [9], "q2": [{"lo": 97, "hi": 99}], "noi_o": ["KTL"]},
    )
    return path


def test_what_spss_calls_missing_is_missing(spss: Path):
    frame = read_table(spss)
    np.testing.assert_array_equal(numbers(frame, "q1", path=spss), [1, 5, math.nan, math.nan])
    np.testing.assert_array_equal(numbers(frame, "q2", path=spss), [1, math.nan, math.nan, 4.5])
    assert frame["noi_o"].isna().tolist() == [False, True, True, False]
    with pytest.raises(TableFileError, match=r"khao-sat\.sav: column 'q1', row 3, 4: a blank cell"):
        labels(frame, "q1", path=spss)


def test_codes_of_spss_stay_codes_and_their_labels_are_at_hand(spss: Path):
    frame = read_table(spss)
    assert list(labels(frame, "xa", path=spss)) == ["00123", "00124", "00123", "00125"]
    assert frame.attrs["value_labels"]["q1"] == LABELS
    assert frame.attrs["column_labels"] == {"q1": "Mức độ hài lòng"}
    assert list(labels(frame, "ngay", path=spss)) == ["2026-03-01"] * 4
    with pytest.raises(TableFileError, match="column 'noi_o', row 1, 4: 'Hà Nội' is not a number"):
        numbers(frame, "noi_o", path=spss)


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_labels_survive_a_new_column(suffix: str, spss: Path, tmp_path: Path):
    weighted = read_table(spss).assign(**{"quyền số": [1.5, 2, 2.5, 3]})
    out = tmp_path / f"weighted{suffix}"
    write_table(weighted, out)
    back = read_table(out)
    assert back.attrs["value_labels"]["q1"] == LABELS
    assert back.attrs["column_labels"] == {"q1": "Mức độ hài lòng", "quyen_so": "quyền số"}
    assert numbers(back, "quyen_so", path=out).tolist() == [1.5, 2, 2.5, 3]


def test_missing_of_twenty_six_kinds_in_stata_is_missing(tmp_path: Path):
    path = tmp_path / "t.dta"
    frame = pd.DataFrame({"q1": pd.Series([1, 2, "a", None], dtype=object), "xa": ["01", "", "02", "Đà Nẵng"]})
    coded = {"q1": {1: "Kém", 2: "Tốt", "a": "Không biết"}}
    pyreadstat.write_dta(frame, str(path), missing_user_values={"q1": ["a"]}, variable_value_labels=coded)
    table = read_table(path)
    np.testing.assert_array_equal(numbers(table, "q1", path=path), [1, 2, math.nan, math.nan])
    assert table["q1"].dtype == np.float64
    assert table["xa"].isna().tolist() == [False, True, False, False]
    write_table(table, tmp_path / "again.dta")
    assert read_table(tmp_path / "again.dta").attrs["value_labels"] == {"q1": {1: "Kém", 2: "Tốt"}}


@pytest.mark.parametrize("version", [114, 117, 118])
def test_stata_files_of_three_ages_are_read(version: int, tmp_path: Path):
    path = tmp_path / "t.dta"
    frame = pd.DataFrame({"x": [1, 2, None], "s": ["a", "b" * 100, ""], "c": pd.Categorical(["Tot", "Kem", "Tot"])})
    frame.to_stata(path, version=version, write_index=False)
    table = read_table(path)
    np.testing.assert_array_equal(numbers(table, "x", path=path), [1, 2, math.nan])
    assert table["c"].tolist() == [1, 0, 1]
    assert table.attrs["value_labels"]["c"] == {0: "Kem", 1: "Tot"}


def sheet(path: Path, fill: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> pd.DataFrame:
    book = openpyxl.Workbook()
    fill(book.active)
    book.create_sheet("Khác").append(["another", "table"])
    book.save(path)
    return read_table(path)


def test_excel_figures_kept_as_text_are_figures_and_codes_kept_as_text_are_codes(tmp_path: Path):
    path = tmp_path / "t.xlsx"

    def fill(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        page.append(["Mã", "n", "Trọng số", "Thẻ", "Ngày"])
        page.append(["00123", 1, "2.5", "1234567890123456", datetime.date(2026, 3, 1)])
        page.append([124, "2", 3, "5", datetime.date(2026, 3, 2)])

    frame = sheet(path, fill)
    assert list(labels(frame, "Mã", path=path)) == ["00123", "124"]
    assert frame["n"].tolist() == [1, 2]
    assert numbers(frame, "Trọng số", path=path).tolist() == [2.5, 3]
    assert list(labels(frame, "Thẻ", path=path)) == ["1234567890123456", "5"]
    assert list(labels(frame, "Ngày", path=path)) == ["2026-03-01", "2026-03-02"]
    with pytest.raises(TableFileError, match="column 'Ngày', row 2, 3: '2026-03-01' is not a number"):
        numbers(frame, "Ngày", path=path)


def test_excel_faults_are_named_by_the_row_that_excel_shows(tmp_path: Path):
    path = tmp_path / "t.xlsx"

    def fill(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for row in (["a", "b"], [1, "1,5"], [None, None], ["#DIV/0!", "2"], ["  ", None], [None, " "]):
            page.append(row)
        page["D9"].font = openpyxl.styles.Font(bold=True)  # a cell without content makes the sheet longer

    frame = sheet(path, fill)
    assert len(frame) == 3
    assert list(frame) == ["a", "b"]
    with pytest.raises(TableFileError, match=r"column 'a', row 4: '#DIV/0!' is not a number"):
        numbers(frame, "a", path=path)
    with pytest.raises(TableFileError, match=r"column 'b', row 2: '1,5' is not a number"):
        numbers(frame, "b", path=path)


def test_a_title_above_the_header_of_a_sheet_is_not_taken_for_it(tmp_path: Path):
    def fill(page: openpyxl.worksheet.worksheet.Worksheet) -> None:
        page.append(["DANH SÁCH", None])
        page.append(["mã", "tên"])

    with pytest.raises(TableFileError, match="column number 2 holds data but has no name"):
        sheet(tmp_path / "t.xlsx", fill)


def test_an_empty_sheet_is_empty(tmp_path: Path):
    with pytest.raises(TableFileError, match="the file is empty"):
        sheet(tmp_path / "t.xlsx", lambda page: None)
    with pytest.raises(TableFileError, match="not one row of data"):
        sheet(tmp_path / "t.xlsx", lambda page: page.append(["a", "b"]))


EXCEL_IN_VIETNAMESE = (
    '\ufeffMã xã;Tên;"Trọng số\nđã hiệu chỉnh";Dân số;Tỷ lệ\r\n'
    '00123;"Phường ""Cửa Nam""; quận Hoàn Kiếm";1,25;12.345;12%\r\n'
    "00124;Ba Đình\u00a0;0,75;987;8%\r\n"
    ";;;;\r\n"
)


def test_what_excel_in_vietnamese_saves_as_csv_is_read(tmp_path: Path):
    path = tmp_path / "xa.CSV"
    path.write_bytes(EXCEL_IN_VIETNAMESE.encode())
    frame = read_table(path)
    assert list(labels(frame, "Mã xã", path=path)) == ["00123", "00124"]
    assert list(labels(frame, "Tên", path=path)) == ['Phường "Cửa Nam"; quận Hoàn Kiếm', "Ba Đình"]
    assert numbers(frame, "Trọng số\nđã hiệu chỉnh", path=path).tolist() == [1.25, 0.75]
    with pytest.raises(TableFileError, match=r"xa\.CSV: column 'Dân số', row 2: '12\.345' can be read in two ways"):
        numbers(frame, "Dân số", path=path)
    with pytest.raises(TableFileError, match="column 'Tỷ lệ', row 2, 3: '12%' is not a number"):
        numbers(frame, "Tỷ lệ", path=path)


def test_one_bad_cell_is_named_and_not_the_good_ones_around_it(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n1,5;1\n2,5;2\nkhông;3\n3,5;4\n", encoding="utf-8")
    with pytest.raises(TableFileError, match="column 'x', row 4: 'không' is not a number"):
        numbers(read_table(path), "x", path=path)


def test_a_filtered_table_still_knows_what_its_decimals_look_like(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n1,5;1\n2,5;2\nkhông;3\n", encoding="utf-8")
    frame = read_table(path)
    assert numbers(frame[frame["y"] < 3], "x", path=path).tolist() == [1.5, 2.5]


def test_an_answer_with_line_breaks_is_one_row(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"dòng một\ndòng hai",1\nx,y\n', encoding="utf-8")
    with pytest.raises(TableFileError, match="row 3: 'y'"):
        numbers(read_table(path), "b", path=path)


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"x,1\ny,2\n', encoding="utf-8")
    with pytest.raises(TableFileError, match="row 2: not as many cells"):
        read_table(path)


def test_parquet_of_other_programs_arrives_as_plain_columns(tmp_path: Path):
    path = tmp_path / "t.parquet"
    table = pa.table(
        {
            "psu": pa.array(["01", "02", "01"]).dictionary_encode(),
            "n": pa.array([1, None, 3], pa.int32()),
            "amount": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("2.25")]),
            "kept": pa.array([True, False, None]),
            "id": pa.array([2**60 + 1, 2, 3]),
        }
    )
    pyarrow.parquet.write_table(table, path)
    frame = read_table(path)
    assert list(labels(frame, "psu", path=path)) == ["01", "02", "01"]
    np.testing.assert_array_equal(numbers(frame, "n", path=path), [1, math.nan, 3])
    np.testing.assert_array_equal(numbers(frame, "amount", path=path), [1.5, math.nan, 2.25])
    np.testing.assert_array_equal(numbers(frame, "kept", path=path), [1, 0, math.nan])
    assert labels(frame, "id", path=path)[0] == str(2**60 + 1)


def test_two_columns_of_one_name_in_parquet_are_refused(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)
    with pytest.raises(TableFileError, match="'a' stands 2 times"):
        read_table(path)


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_a_code_too_long_for_a_double_is_written_as_text(suffix: str, tmp_path: Path):
    path = tmp_path / f"t{suffix}"
    write_table(pd.DataFrame({"id": [2**60 + 1, 2]}), path)
    assert list(labels(read_table(path), "id", path=path)) == [str(2**60 + 1), "2"]


def test_a_pandas_index_is_no_column(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": [1, 2]}, index=[7, 9]).to_parquet(path)
    frame = read_table(path)
    assert list(frame) == ["x"]
    assert list(frame.index) == [0, 1]


def test_two_names_that_differ_by_accents_alone_stay_two_in_spss(tmp_path: Path):
    path = tmp_path / "t.sav"
    write_table(pd.DataFrame({"tỉnh": [1], "tinh": [2], "TINH": [3]}), path)
    back = read_table(path)
    assert back.iloc[0].tolist() == [1, 2, 3]
    assert list(back) == ["tinh", "tinh_2", "TINH_3"]
