"""Words, days and numbers as they are written in Vietnamese and in English."""

from datetime import date

import flask
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.standing import rounded_half_up
from survey_app.app import create_app
from survey_app.config import Config
from survey_app.i18n import day, language, number, words


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> flask.Flask:
    return create_app(Config.for_development(tmp_path_factory.mktemp("instance")))


def in_language(app: flask.Flask, code: str):
    return app.test_request_context("/", headers={"Cookie": f"lang={code}"})


@pytest.mark.parametrize(
    ("value", "digits", "vietnamese", "english"),
    [
        (1234567.891, 2, "1.234.567,89", "1,234,567.89"),
        (0.5, 2, "0,50", "0.50"),
        (12, 0, "12", "12"),
        (82.125, 2, "82,13", "82.13"),
        (2.675, 2, "2,68", "2.68"),
        (0.5, 0, "1", "1"),
        (-0.001, 2, "0,00", "0.00"),
        (-1.5, 1, "-1,5", "-1.5"),
        (float("nan"), 2, "–", "–"),
    ],
)
def test_numbers(app: flask.Flask, value: float, digits: int, vietnamese: str, english: str):
    for code, written in (("vi", vietnamese), ("en", english)):
        with in_language(app, code):
            assert number(value, digits) == written


@given(value=st.floats(-1000, 1000), digits=st.integers(0, 4))
def test_a_number_on_a_page_is_rounded_as_scores_are(app: flask.Flask, value: float, digits: int):
    with in_language(app, "en"):
        assert float(number(value, digits).replace(",", "")) == rounded_half_up(value, digits)


def test_days_are_written_day_first_in_both(app: flask.Flask):
    assert day(date(2026, 3, 5)) == "05/03/2026"


@pytest.mark.parametrize(
    ("code", "text", "shown"),
    [
        ("vi", {"vi": "một", "en": "one"}, "một"),
        ("en", {"vi": "một", "en": "one"}, "one"),
        ("en", {"vi": "một"}, "một"),
        ("en", {"vi": "một", "en": ""}, "một"),
        ("vi", {}, ""),
    ],
)
def test_words_fall_back_to_vietnamese(app: flask.Flask, code: str, text: dict, shown: str):
    with in_language(app, code):
        assert words(text) == shown


@pytest.mark.parametrize(("cookie", "code"), [("vi", "vi"), ("en", "en"), ("fr", "vi"), ("", "vi"), ("../en", "vi")])
def test_vietnamese_comes_first(app: flask.Flask, cookie: str, code: str):
    with in_language(app, cookie):
        assert language() == code
