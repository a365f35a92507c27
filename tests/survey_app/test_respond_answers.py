"""What is typed on a page: refused in words, never lost, stored in the documented form. Without JavaScript."""

from datetime import timedelta

import flask
import pytest
from visitors import PLACES, USED, Opened, Visitor, a_round

from survey_app.clock import today
from survey_app.config import Config


@pytest.fixture
def opened(config: Config) -> Opened:
    return a_round(config)


@pytest.fixture
def visitor(app: flask.Flask, opened: Opened) -> Visitor:
    """Somebody who has given consent and stands on the first page."""
    visitor = Visitor(app)
    visitor.begin(opened.personal[0])
    return visitor


def on_service(visitor: Visitor) -> None:
    """The first page with the questions that its first answer brings up."""
    visitor.send({"used": "yes"})


def test_only_what_is_asked_of_everybody_is_shown_first(visitor: Visitor):
    assert visitor.shown.visible == ["used"]
    assert visitor.shown.filled == {}


def test_an_answer_brings_up_its_questions_and_the_page_comes_again(visitor: Visitor):
    again = visitor.send({"used": "yes"})
    assert again.visible == ["used", "recall", "channels", "paid", "handed_in", "score"]
    assert again.filled == {"used": ["yes"]}
    assert again.faults == {}  # nobody left out what was not in sight
    assert visitor.send({"used": "yes"}).faults.keys() == {"channels"}
    further = visitor.send({"used": "yes", "channels": ["counter"]})
    assert "visits" in further.visible
    assert visitor.send({"used": "yes", "channels": ["counter"], "visits": "3"}).path.endswith("/page/where")


def test_optional_questions_that_come_up_are_shown_before_going_on(visitor: Visitor):
    on_service(visitor)
    visitor.send({"used": "yes", "channels": "post"})
    visitor.send(PLACES)
    shown = visitor.send({"overall:U1": "1"})
    assert shown.status == 200
    assert shown.visible == ["overall:U1", "reason:U1"]
    assert shown.document.xpath("//*[@role='status']")
    assert visitor.send({"overall:U1": "1", "reason:U1": ""}).title.endswith("U3")


def test_whoever_used_no_service_is_not_asked_about_it(opened: Opened, visitor: Visitor):
    assert visitor.send({"used": "no"}).path.endswith("/page/where")
    visitor.send(PLACES)
    visitor.send({"overall:U1": "2"})
    visitor.send({"overall:U3": "2"})
    review = visitor.send({f"speed:U{unit}": "2" for unit in range(1, 5)})
    assert review.path.endswith("/review")  # the last page is off the route
    assert "Nộp bằng cách nào?" not in review.lines
    visitor.send()
    assert opened.close()[0].keys() == {"used", "city", "place", "by_sea", "known", "overall", "speed"}


def test_answers_that_a_later_answer_takes_off_the_route_do_not_count(opened: Opened, visitor: Visitor):
    on_service(visitor)
    visitor.send(USED)
    visitor.send(PLACES)
    visitor.send({"overall:U1": "2"})
    visitor.send({"overall:U3": "2"})
    visitor.send({f"speed:U{unit}": "2" for unit in range(1, 5)})
    visitor.send({"wishes": "viết thừa"})
    visitor.open(visitor.home + "page/where?from=review")
    visitor.send(PLACES | {"known": ["U3"]})
    visitor.open(visitor.home + "page/service?from=review")
    review = visitor.send(USED | {"used": "no"})
    assert "Mong điều gì?" not in review.lines
    visitor.send()
    (ballot,) = opened.close()
    assert "wishes" not in ballot
    assert "paid" not in ballot
    assert ballot["overall"] == {"U3": "2"}


def test_faults_are_listed_on_top_and_at_the_field_in_the_same_words(visitor: Visitor):
    on_service(visitor)
    typed = {
        "used": "yes",
        "channels": ["online", "post", "other"],
        "channels_other": "Nhờ bạn",
        "paid": "nhiều lắm",
        "handed_in": (today() + timedelta(days=1)).strftime("%d/%m/%Y"),
        "score": "10,25",
    }
    shown = visitor.send(typed)
    assert shown.status == 422
    assert shown.title.startswith("Lỗi: ")
    assert list(shown.faults) == ["channels", "paid", "handed_in", "score"]
    assert shown.faults["channels"] == "Xin chọn tối đa 2 cách."
    assert shown.faults["handed_in"] == "Ngày nộp không thể ở sau hôm nay."
    summary = shown.document.xpath("//*[@id='summary']//li/a")
    for link, (field, words) in zip(summary, shown.faults.items(), strict=True):
        assert link.text_content().endswith(words)
        target = shown.document.get_element_by_id(link.get("href").removeprefix("#"))
        assert target.get("name") == field
        error = shown.document.xpath(f"//div[@data-field='{field}']//*[@class='error']/@id")[0]
        assert error in " ".join(shown.document.xpath("//@aria-describedby")).split()


def test_what_was_typed_wrongly_is_shown_as_typed_and_what_was_valid_is_kept(visitor: Visitor):
    on_service(visitor)
    typed = USED | {"paid": " 1.500,75đ", "handed_in": "31/02/2026", "score": "7,5"}
    shown = visitor.send(typed)
    assert shown.status == 422
    assert shown.filled["paid"] == [" 1.500,75đ"]
    assert shown.filled["handed_in"] == ["31/02/2026"]
    kept = visitor.open(shown.path).filled
    assert kept == {
        "used": ["yes"],
        "channels": ["post", "other"],
        "channels_other": ["Nhờ người nhà"],
        "score": ["7,5"],
    }


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("paid", "-1"),
        ("paid", "1.234,5"),
        ("paid", "12 000"),
        ("paid", "١"),
        ("handed_in", "2026-13-01"),
        ("handed_in", "1/2"),
        ("score", "-0,5"),
        ("score", "11"),
        ("score", "0,3"),
        ("used", "maybe"),
        ("channels", ["post", "fax"]),
        ("channels", ["98", "post"]),
        ("channels", []),
        ("channels", ["post", "online", "counter"]),
    ],
)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_what_is_no_answer_is_refused(visitor: Visitor, field: str, typed: str | list[str]):
    on_service(visitor)
    shown = visitor.send(USED | {"visits": "1", "channels_other": ""} | {field: typed})
    assert shown.status == 422
    assert field in shown.faults
    assert shown.faults[field]


@pytest.mark.parametrize("typed", ["2026-03", "2026-", "2026-03-05-01", "1.5"])
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_half_a_date_is_refused_and_shown_as_typed(visitor: Visitor, typed: str):
    on_service(visitor)
    shown = visitor.send(USED | {"handed_in": typed})
    assert shown.faults.keys() == {"handed_in"}
    assert shown.filled["handed_in"] == [typed]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_text_beyond_the_limit_is_refused_and_not_lost(visitor: Visitor):
    on_service(visitor)
    visitor.send({"used": "yes", "channels": "post"})
    visitor.send(PLACES)
    long = "Chậm quá. " * 201
    shown = visitor.send({"overall:U1": "1", "reason:U1": long})
    assert shown.faults.keys() == {"reason:U1"}
    assert shown.filled["reason:U1"] == [long]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_words_beside_other_need_their_box_ticked(visitor: Visitor):
    on_service(visitor)
    shown = visitor.send({"used": "yes", "channels_other": "Nhờ bạn"})
    assert shown.status == 422
    assert "channels" in shown.faults
    assert shown.filled["channels_other"] == ["Nhờ bạn"]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_choice_that_the_filter_leaves_out_is_refused(visitor: Visitor):
    visitor.send({"used": "no"})
    shown = visitor.send(PLACES | {"city": "hn"})  # Đồ Sơn does not lie in Hà Nội
    assert shown.faults.keys() == {"place"}
    assert visitor.send(PLACES | {"city": "hn", "place": "tay_ho"}).title.endswith("U1")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_only_the_units_that_were_named_are_rated(visitor: Visitor):
    visitor.send({"used": "no"})
    assert visitor.send(PLACES | {"known": ["U9"]}).faults.keys() == {"known"}
    visitor.send(PLACES | {"known": ["U4"]})
    assert visitor.shown.title.endswith("U4")
    assert visitor.open(visitor.home + "page/judgement.U2").path.endswith("/page/judgement.U4")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_markup_in_an_answer_stays_words(visitor: Visitor):
    nasty = "</textarea><script>alert(1)</script>\"'&amp;"
    on_service(visitor)
    visitor.send(USED | {"channels_other": nasty})
    shown = visitor.open(visitor.home + "page/service")
    assert shown.filled["channels_other"] == [nasty]
    assert "<script>alert" not in shown.text
    review = visitor.open(visitor.home + "review")
    assert nasty in review.lines["Nộp bằng cách nào?"]
    assert "<script>alert" not in review.text


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_fields_that_are_not_on_the_page_change_nothing(opened: Opened, visitor: Visitor):
    visitor.send({"used": "no", "city": "hn", "speed:U1": "2", "nonsense": "x", "overall:U1": "2"})
    assert visitor.open(visitor.home + "page/where").filled == {}
    assert visitor.open(visitor.home + "page/pace.speed").filled == {}


def test_the_ballot_holds_every_kind_of_answer_in_its_documented_form(opened: Opened, visitor: Visitor):
    on_service(visitor)
    visitor.send(USED | {"channels": ["other", "counter"]})
    visitor.send(USED | {"channels": ["other", "counter"], "visits": " 07 ", "channels_other": "  Nhờ người nhà "})
    visitor.send(PLACES | {"known": ["U3", "U1"]})
    visitor.send({"overall:U1": "98"})
    visitor.send({"overall:U3": "1"})
    visitor.send({"overall:U3": "1", "reason:U3": "Phải đi\r\nlại nhiều lần"})
    visitor.send({"speed:U4": "1", "speed:U3": "98", "speed:U2": "2", "speed:U1": "1"})
    visitor.send({"wishes": "Nhanh hơn\r\n\r\nvà rõ hơn"})
    assert visitor.send().receipt
    (ballot,) = opened.close()
    assert ballot == {
        "used": "yes",
        "channels": ["counter", "other"],
        "channels_other": "Nhờ người nhà",
        "visits": 7,
        "paid": 1.5,
        "handed_in": "2026-03-05",
        "score": 7.5,
        "city": "hp",
        "place": "do_son",
        "by_sea": 1,
        "known": ["U1", "U3"],
        "overall": {"U1": "98", "U3": "1"},
        "reason": {"U3": "Phải đi\nlại nhiều lần"},
        "speed": {"U1": "1", "U2": "2", "U3": "98", "U4": "1"},
        "wishes": "Nhanh hơn\n\nvà rõ hơn",
    }
    assert list(ballot["speed"]) == ["U1", "U2", "U3", "U4"]
