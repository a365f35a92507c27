"""Measurement models as people write them, and what they are told when a line cannot be read."""

import pytest

from analysis.faults import AnalysisError
from analysis.measurement import known_items, measurement_model

SAME = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5"]}


@pytest.mark.parametrize(
    "text",
    [
        "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5",
        "visual=~x1+x2+x3;textual=~x4+x5;",
        "# the model\nvisual =~ x1 +\n  x2 + x3  # three\n\ntextual =~\n x4 + x5",
        "visual =~ x1\n + x2 + x3\r\ntextual =~ x4 + x5\r\n",
    ],
)
def test_the_same_model_is_read_however_it_is_laid_out(text: str):
    assert measurement_model(text) == measurement_model(SAME)


def test_names_of_columns_may_hold_spaces_and_vietnamese():
    model = measurement_model("thái độ =~ câu 1 + câu 2; thời gian =~ câu 3 + câu 4")
    assert model.factors == ("thái độ", "thời gian")
    assert model.items == ("câu 1", "câu 2", "câu 3", "câu 4")


def test_an_item_may_load_on_two_factors():
    model = measurement_model("a =~ x1 + x2 + x3; b =~ x3 + x4 + x5")
    assert model.pattern().sum() == 6
    assert model.markers() == [0, 2]


def test_a_model_is_written_as_it_is_read():
    model = measurement_model(SAME)
    assert measurement_model(str(model)) == model
    assert measurement_model(model) is model


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "model line ''"),
        ("visual ~ x1 + x2", "model line 'visual ~ x1"),
        ("x1 ~~ x2", "model line 'x1 ~~ x2'"),
        ("visual =~ 1*x1 + x2", "model line"),
        ("visual =~ x1 + + x2", "model line"),
        ("=~ x1 + x2", "model line"),
        ("visual =~ x1", "factor visual has only the item x1"),
        ("a =~ x1 + x2; a =~ x3 + x4", "factor a stands more than once"),
        ("a =~ x1 + x2 + x1", "item x1 stands more than once in factor a"),
        ("x1 =~ x2 + x3; b =~ x1 + x4", "x1 is both a factor and an item"),
    ],
)
def test_a_model_that_cannot_be_read_names_the_line(text: str, message: str):
    with pytest.raises(AnalysisError) as fault:
        measurement_model(text)
    assert message in str(fault.value)


def test_an_unknown_item_is_named_with_its_factor_and_what_there_is():
    with pytest.raises(AnalysisError, match=r"no column x9 \(factor speed\); columns: x1, x2"):
        known_items(measurement_model("speed =~ x1 + x9"), ["x1", "x2"])
