"""Items from questionnaires, and the value of their answers."""

import numpy as np
import pandas as pd
import pytest
from scoring_makers import DTXHH, item, method_of

from instruments.model import Choice, Group, Instrument, Measure, Question, QuestionType
from scoring.scorer import score
from scoring.values import Ratings, answer_values, items_of


def words(text):
    return {"vi": text, "en": text}


CHOICES = (
    Choice("1", words("kém")),
    Choice("2", words("vừa")),
    Choice("3", words("tốt")),
    Choice("98", words("không biết"), dont_know=True),
)
QUESTIONS = (
    Question("q1", QuestionType.SELECT_ONE, words("?"), list_name="three", criterion="C1", measure=Measure.ASSESSMENT),
    Question("q2", QuestionType.RANGE, words("?"), start=0, end=10, step=5, criterion="C2", measure=Measure.ASSESSMENT),
    Question("q3", QuestionType.SELECT_ONE, words("?"), list_name="three", criterion="C1", measure=Measure.EXPECTATION),
    Question("q4", QuestionType.TEXT, words("?"), criterion="C1"),
    Question("q5", QuestionType.SELECT_ONE, words("?"), list_name="three", criterion="OTHER"),
)
FORM = Instrument("f", "1", words("f"), (Group("g", words("g"), QUESTIONS),), {"three": CHOICES})


def test_items_are_the_scaled_questions_with_a_criterion():
    found = {i.question: i for i in items_of(FORM, "a")}
    assert set(found) == {"q1", "q2", "q3", "q5"}
    assert found["q1"].levels == ("1", "2", "3")
    assert found["q1"].dont_know == ("98",)
    assert found["q2"].levels == ("0", "5", "10")


def test_only_questions_of_a_counted_kind_on_a_known_criterion_count():
    assert [i.question for i in items_of(FORM, "a", method_of())] == ["q1", "q2"]


def test_a_form_is_scored_from_its_items():
    """q1: 3 and 1 of three levels, 0.5; q2: 10 and 5 of 0..10, 0.75; 3 · 0.5 + 2 · 0.75 = 3 of 5."""
    frame = pd.DataFrame(
        {"ballot": [1, 2], "respondent_group": "a", "unit": "U", "q1": ["3", "1"], "q2": [10.0, 5.0], "q4": ["x", None]}
    )
    weights = {"C1": {"a": 1}, "C2": {"a": 1}}
    method = method_of(group_weights__by_criterion=weights)
    scores = score(method, Ratings(frame, items_of(FORM, "a")))
    assert scores.by_unit["points"].tolist() == pytest.approx([3.0])


def test_values_are_nan_without_a_valid_answer():
    answers = pd.Series(["1", "5", "98", None, "3"], name="q")
    values, unsure = answer_values(method_of(), item("q", "a", "C1"), answers)
    assert np.array_equal(values, [0, 1, np.nan, np.nan, 0.5], equal_nan=True)
    assert unsure.tolist() == [False, False, True, False, False]


def test_a_reversed_item_turns_its_percentages_and_not_dont_know():
    rule = {**DTXHH["dont_know"], "rule": "as_value", "value": 0.3}
    answers = pd.Series(["1", "5", "98"], name="q")
    values, _ = answer_values(method_of(dont_know=rule), item("q", "a", "C1", reverse=True), answers)
    assert values.tolist() == [1, 0, 0.3]


def test_a_table_that_lacks_a_level_of_the_question_is_refused():
    with pytest.raises(ValueError, match="has no fraction for choice '6' of the scale 'five'"):
        answer_values(method_of(), item("q", "a", "C1", levels=("1", "6")), pd.Series(["1"], name="q"))


def test_ratings_without_their_keys_are_refused_by_column():
    with pytest.raises(ValueError, match=r"ratings.unit: is missing; the columns needed are ballot, respondent_group"):
        Ratings(pd.DataFrame({"ballot": [1], "respondent_group": ["a"]}), ())
