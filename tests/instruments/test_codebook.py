"""The codebook has a row per variable."""

from __future__ import annotations

from instrument_makers import questionnaire

from instruments.codebook import COLUMNS, codebook

FORM = questionnaire("""
- group: g
  label: {vi: G, en: G}
  questions:
    - {type: note, name: hello, label: {vi: Chào, en: Hello}}
    - {type: select_one yesno or_other, name: how, label: {vi: Sao, en: How}, background: yes}
    - {type: range, name: mark, label: {vi: Điểm, en: Mark}, parameters: start=0 end=10 step=0.5}
    - {type: select_multiple rated_units, name: dealt, label: {vi: Đơn vị, en: Units}}
    - {type: calculate, name: double, calculation: "${mark} * 2"}
- repeat: r
  label: {vi: R, en: R}
  questions:
    - {type: select_one scale, name: q, label: {vi: Câu, en: Item}, criterion: X.1, measure: satisfaction, reverse: yes}
""")


def test_there_is_a_row_per_variable_and_none_for_notes():
    book = codebook(FORM)
    assert tuple(book.columns) == COLUMNS
    assert list(book["name"]) == ["how", "how_other", "mark", "dealt", "double", "q"]
    assert list(book["per_unit"]) == [False] * 5 + [True]


def test_codes_are_written_with_their_labels_in_the_language_asked_for():
    vietnamese, english = codebook(FORM).set_index("name"), codebook(FORM, "en").set_index("name")
    assert vietnamese.loc["q", "codes"] == "1 = Kém; 2 = Tốt; 98 = Không biết"
    assert english.loc["q", "codes"] == "1 = Poor; 2 = Good; 98 = Don't know"
    assert english.loc["how", "codes"] == "yes = Yes; no = No; other = Other (please specify)"
    assert english.loc["mark", "codes"] == "0 … 10 (0.5)"
    assert english.loc["dealt", "codes"] == "rated_units"


def test_what_a_rating_feeds_is_there():
    row = codebook(FORM).set_index("name").loc["q"]
    assert (row["criterion"], row["measure"], row["reverse"], row["dont_know"]) == ("X.1", "satisfaction", True, "98")
    assert codebook(FORM).set_index("name").loc["how", "background"]
    assert codebook(FORM).set_index("name").loc["how_other", "type"] == "text"
