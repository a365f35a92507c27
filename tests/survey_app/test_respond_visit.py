"""From the link to the receipt: who comes in, what is kept, what is counted."""

import re
from dataclasses import replace

import flask
import pytest
from visitors import EVERY_KIND, PLACES, USED, Opened, Visitor, a_round

from survey_app.app import create_app
from survey_app.config import Config
from survey_app.models.rounds import Mode, Purpose


@pytest.fixture
def opened(config: Config) -> Opened:
    return a_round(config)


@pytest.fixture
def visitor(app: flask.Flask) -> Visitor:
    return Visitor(app)


def send_service(visitor: Visitor) -> None:
    """The first page, filled in as somebody without JavaScript does: its first answer brings up the others."""
    visitor.send({"used": "yes"})
    assert "visits" not in visitor.shown.visible
    assert "paid" in visitor.shown.visible
    visitor.send(USED)


def walk(visitor: Visitor, link: str) -> None:
    """From the link to the review, everything answered."""
    visitor.begin(link)
    send_service(visitor)
    visitor.send(PLACES)
    visitor.send({"overall:U1": "2"})
    visitor.send({"overall:U3": "1", "reason:U3": "Chậm"})
    visitor.send({f"speed:U{unit}": "2" for unit in range(1, 5)})
    visitor.send({"wishes": "Nhanh hơn"})


def test_a_personal_link_becomes_a_cookie_and_a_clean_address(opened: Opened, visitor: Visitor):
    link = opened.personal[0]
    entered = visitor.open(link, follow=False)
    assert entered.status == 303
    assert re.fullmatch(r"/f/[a-z2-7]+/", entered.headers["Location"])
    assert link.removeprefix("/p/") not in str(entered.headers) + entered.text
    assert entered.headers["Referrer-Policy"] == "no-referrer"
    (cookie,) = entered.headers.getlist("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert set(attributes) == {"HttpOnly", f"Path={entered.headers['Location']}", "SameSite=Lax"}
    assert name.startswith(f"visit_{entered.headers['Location'].split('/')[2]}=")


def test_the_code_is_read_in_small_letters_with_spaces_and_hyphens(opened: Opened, visitor: Visitor):
    code = opened.personal[0].removeprefix("/p/").lower()
    written = " - ".join(code[start : start + 4] for start in range(0, 26, 4))
    visitor.open("/")
    assert visitor.send({"code": written}).path.startswith("/f/")


def test_in_production_every_cookie_travels_encrypted(config: Config, opened: Opened):
    app = create_app(replace(config, production=True))
    visitor = Visitor(app)
    entered = visitor.open(opened.personal[0], follow=False, base_url="https://localhost")
    landing = visitor.open(entered.headers["Location"], base_url="https://localhost")
    assert landing.token
    front = visitor.open("/", base_url="https://localhost")
    cookies = [one for page in (entered, landing, front) for one in page.headers.getlist("Set-Cookie")]
    assert [cookie.split("=")[0].split("_")[0] for cookie in cookies] == ["visit", "form"]
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert landing.headers["Strict-Transport-Security"]
    app.extensions["database"].engine.dispose()


def test_no_page_of_a_visit_names_the_code_or_may_be_kept(opened: Opened, visitor: Visitor):
    code = opened.personal[0].removeprefix("/p/")
    walk(visitor, opened.personal[0])
    review = visitor.shown
    pages = [review, visitor.open(visitor.home), visitor.open(visitor.home + "page/service"), visitor.open("/f/none/")]
    visitor.open(review.path)
    pages.append(visitor.send())
    assert pages[-1].receipt
    for page in pages:
        assert code not in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"


def test_the_landing_page_says_who_asks_on_which_ground_for_how_long_and_asks_for_consent(
    opened: Opened, visitor: Visitor
):
    opened.change(
        asked_by={"vi": "Viện hỏi", "en": "The Institute asks"},
        legal_basis={"vi": "Kế hoạch 1", "en": "Plan 1"},
        contact={"vi": "Gọi số 2", "en": "Call number 2"},
        title={"vi": "Đợt ba", "en": "Round three"},
    )
    landing = visitor.open(opened.personal[0])
    assert landing.status == 200
    for words in ("Viện hỏi", "Kế hoạch 1", "Gọi số 2", "Đợt ba", "Khoảng 7 phút"):
        assert words in landing.words("//body")
    (consent,) = landing.document.xpath("//input[@type='checkbox']")
    assert consent.name == "consent"
    assert not consent.checked
    in_english = visitor.open(landing.document.xpath("//a[@lang='en']/@href")[0])
    assert in_english.path == landing.path
    assert "The Institute asks" in in_english.words("//body")
    assert "A trial form" in in_english.words("//body")


@pytest.mark.parametrize("answer", [{}, {"consent": "no"}, {"consent": ""}])
def test_without_consent_nothing_begins(opened: Opened, visitor: Visitor, answer: dict):
    visitor.open(opened.personal[0])
    refused = visitor.send(answer)
    assert refused.status == 422
    assert refused.document.xpath("//*[@role='alert']//a/@href") == ["#consent"]
    assert opened.drafts == 0
    assert visitor.open(visitor.home + "page/service").path == visitor.home
    assert visitor.open(visitor.home + "review").path == visitor.home
    assert visitor.open(visitor.home + "send", {"csrf_token": visitor.shown.token}).path == visitor.home
    assert opened.sealed == []


def test_pages_come_in_the_order_of_the_form_and_back_leads_back(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    titles = [visitor.shown.title]
    send_service(visitor)
    titles.append(visitor.shown.title)
    for answers in (PLACES, {"overall:U1": "2"}, {"overall:U3": "2"}):
        titles.append(visitor.send(answers).title)
    assert titles == [
        "Lần làm thủ tục gần đây nhất",
        "Nơi làm thủ tục",
        "Đánh giá: Đơn vị U1",
        "Đánh giá: Đơn vị U3",
        "Giải quyết nhanh",
    ]
    assert visitor.shown.words("//p[@class='progress']/span") == "Trang 5 trên 6"
    back = [visitor.send({"go": "back"}).title for _page in range(4)]
    assert back == titles[3::-1]
    assert visitor.send({"go": "back"}).path == visitor.home


def test_the_back_button_saves_and_the_browser_sees_it_again(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    send_service(visitor)
    visitor.send({"city": "hn", "go": "back"})
    assert visitor.shown.title == "Lần làm thủ tục gần đây nhất"
    assert visitor.shown.filled == {
        "used": ["yes"],
        "channels": ["post", "other"],
        "channels_other": ["Nhờ người nhà"],
        "paid": ["1,5"],
        "handed_in": ["05/03/2026"],
        "score": ["7,5"],
    }
    again = visitor.send(visitor.shown.filled)
    assert again.filled == {"city": ["hn"]}


def test_the_language_button_saves_and_switches(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    switched = visitor.send({**USED, "go": "language:en"})
    assert switched.title == "Your latest use of a service"
    assert switched.filled["paid"] == ["1.5"]
    assert switched.filled["channels_other"] == ["Nhờ người nhà"]
    assert visitor.send({"go": "language:xx"}).title == "Your latest use of a service"  # no such language: stays


def test_another_device_goes_on_where_the_first_one_stopped(app: flask.Flask, opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    send_service(visitor)
    visitor.send({"city": "hn"})  # not complete: the page stays, what was valid is kept
    phone = Visitor(app)
    landing = phone.open(opened.personal[0])
    assert "Những trang đã lưu vẫn còn" in landing.words("//main")
    assert not landing.document.xpath("//input[@name='consent']")
    resumed = phone.send()
    assert resumed.path == visitor.home + "page/where"
    assert resumed.filled == {"city": ["hn"]}
    assert phone.open(phone.home + "page/service").filled["score"] == ["7,5"]


def test_whoever_completed_everything_resumes_on_the_last_page(opened: Opened, visitor: Visitor):
    walk(visitor, opened.personal[0])
    assert visitor.shown.path.endswith("/review")
    visitor.open(opened.personal[0])
    assert visitor.send().path.endswith("/page/wish")


def test_a_page_opened_from_the_review_leads_back_to_it(opened: Opened, visitor: Visitor):
    walk(visitor, opened.personal[0])
    review = visitor.shown
    change = next(link for link in review.document.xpath("//section//a/@href") if "/page/pace.speed" in link)
    assert change.endswith("?from=review")
    visitor.open(change)
    visitor.send({f"speed:U{unit}": "" for unit in range(1, 5)})  # faulty: still on the way to the review
    assert visitor.shown.status == 422
    again = visitor.send({f"speed:U{unit}": "98" for unit in range(1, 5)})
    assert again.path.endswith("/review")
    assert again.lines["Đơn vị U4"] == "Không biết"


def test_the_review_shows_every_answer_in_words(opened: Opened, visitor: Visitor):
    walk(visitor, opened.personal[0])
    lines = visitor.shown.lines
    assert re.fullmatch("Qua bưu điện; Khác.*: Nhờ người nhà", lines.pop("Nộp bằng cách nào?"))
    assert lines == {
        "Có làm thủ tục không?": "Có",
        "Lệ phí (triệu đồng)": "1,5",
        "Ngày nộp": "05/03/2026",
        "Cho mấy điểm?": "7,5",
        "Thành phố": "Hải Phòng",
        "Phường": "Đồ Sơn",
        "Biết đơn vị nào?": "Đơn vị U1; Đơn vị U3",
        "Nhìn chung thế nào?": "Kém",  # of U3, the last one
        "Vì sao?": "Chậm",
        "Đơn vị U1": "Tốt",
        "Đơn vị U2": "Tốt",
        "Đơn vị U3": "Tốt",
        "Đơn vị U4": "Tốt",
        "Mong điều gì?": "Nhanh hơn",
    }
    in_english = visitor.open(visitor.shown.document.xpath("//a[@lang='en']/@href")[0])
    assert re.fullmatch("By post; .*: Nhờ người nhà", in_english.lines["How did you hand it in?"])
    assert in_english.lines["Fees (million)"] == "1.5"


def test_what_is_missing_blocks_sending_and_is_named(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    send_service(visitor)
    review = visitor.open(visitor.home + "review")
    assert "Gửi phiếu" not in review.words("//button")
    assert len(review.document.xpath("//*[@id='summary']//a")) == 2  # where, and the matrix: no unit is known yet
    assert "Chưa trả lời" in review.words("//dd")
    sent = visitor.open(visitor.home + "send", {"csrf_token": visitor.open(visitor.home).token})
    assert sent.status == 422
    assert sent.path.endswith("/send")
    assert opened.sealed == []


def test_sending_leads_to_a_receipt_and_the_link_shows_it_again(app: flask.Flask, opened: Opened, visitor: Visitor):
    walk(visitor, opened.personal[0])
    sent = visitor.send(follow=False)
    assert sent.status == 303
    assert sent.headers["Location"] == visitor.home + "thanks"
    thanks = visitor.open(sent.headers["Location"])
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}", thanks.receipt)
    assert "Nội dung vừa nhập không được ghi" not in thanks.text
    assert len(opened.sealed) == 1
    assert opened.drafts == 0
    for again in (visitor, Visitor(app)):
        assert again.open(opened.personal[0]).receipt == thanks.receipt
    other = Visitor(app)
    walk(other, opened.personal[1])
    assert other.send().receipt != thanks.receipt


def test_sending_twice_counts_once(opened: Opened, visitor: Visitor):
    walk(visitor, opened.personal[0])
    token = {"csrf_token": visitor.shown.token}
    first = visitor.open(visitor.home + "send", token)
    box = opened.sealed
    second = visitor.open(visitor.home + "send", token)
    assert second.receipt == first.receipt
    assert "không được ghi" not in second.text
    assert opened.sealed == box
    assert len(box) == 1


def test_what_comes_after_sending_is_not_counted_and_the_page_says_so(
    app: flask.Flask, opened: Opened, visitor: Visitor
):
    late = Visitor(app)
    late.begin(opened.personal[0])
    walk(visitor, opened.personal[0])
    receipt = visitor.send().receipt
    box = opened.sealed
    told = late.send({"used": "no"})
    assert "Nội dung vừa nhập không được ghi" in told.words("//main")
    assert told.receipt == receipt
    assert opened.sealed == box
    assert opened.drafts == 0
    (ballot,) = opened.close()
    assert ballot["used"] == "yes"


def test_before_sending_the_thanks_page_leads_to_the_review(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    assert visitor.open(visitor.home + "thanks").path.endswith("/review")


def test_two_devices_on_different_pages_lose_nothing(app: flask.Flask, opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    phone = Visitor(app)
    phone.open(opened.personal[0])
    phone.send()
    phone.open(phone.home + "page/pace.speed")
    send_service(visitor)
    phone.send({f"speed:U{unit}": "2" for unit in range(1, 5)})
    visitor.send(PLACES)
    assert visitor.shown.title == "Đánh giá: Đơn vị U1"
    assert phone.open(phone.home + "page/service").filled["channels_other"] == ["Nhờ người nhà"]
    assert visitor.open(visitor.home + "page/pace.speed").filled == {f"speed:U{unit}": ["2"] for unit in range(1, 5)}


def test_what_was_saved_can_be_discarded_and_the_link_stays_good(opened: Opened, visitor: Visitor):
    visitor.begin(opened.personal[0])
    visitor.send(USED)
    visitor.open(visitor.home)
    discarded = visitor.send(to=visitor.home + "discard")
    assert discarded.title == "Đã xóa phần đã lưu"
    assert opened.drafts == 0
    assert visitor.open(visitor.home + "page/where").path == visitor.home  # consent is asked anew
    assert visitor.begin(opened.personal[0]).filled == {}


def test_saving_on_a_device_whose_draft_was_discarded_elsewhere_asks_for_consent_anew(
    app: flask.Flask, opened: Opened, visitor: Visitor
):
    visitor.begin(opened.personal[0])
    phone = Visitor(app)
    phone.open(opened.personal[0])
    phone.send(to=phone.home + "discard")
    assert visitor.send(USED).path == visitor.home
    assert opened.drafts == 0


def test_a_rehearsal_says_so_on_every_page(config: Config, app: flask.Flask):
    opened = a_round(config, purpose=Purpose.REHEARSAL)
    visitor = Visitor(app)
    for page in (visitor.open(opened.personal[0]), visitor.send({"consent": "yes"}), visitor.open("/")):
        assert page.words("//p[@class='rehearsal']/strong") == ("" if page.path == "/" else "Diễn tập")


# --- open links ------------------------------------------------------------------------------------------------------


@pytest.fixture
def poster(config: Config) -> Opened:
    return a_round(config, EVERY_KIND.replace("units_from: known\n", "\n"), mode=Mode.OPEN_LINK)


def answer_poster(visitor: Visitor) -> None:
    visitor.send({"used": "no"})
    visitor.send({"city": "hn", "place": "tay_ho", "known": "U1"})
    for unit in range(1, 5):
        visitor.send({f"overall:U{unit}": "2"})
    visitor.send({f"speed:U{unit}": "1" for unit in range(1, 5)})


def test_an_open_link_starts_a_visit_and_goes_on_with_it(poster: Opened, visitor: Visitor):
    (link,) = poster.posters
    first = visitor.open(link)
    assert "không hỏi tên" in first.words("//main")
    visitor.begin(link)
    visitor.send({"used": "no"})
    home = visitor.home
    assert visitor.open(link).path == home
    assert visitor.send().path == home + "page/where"


def test_after_sending_the_next_person_on_the_same_device_starts_anew(poster: Opened, visitor: Visitor):
    (link,) = poster.posters
    visitor.begin(link)
    first = visitor.home
    answer_poster(visitor)
    receipt = visitor.send().receipt
    visitor.begin(link)
    assert visitor.home != first
    assert visitor.shown.filled == {}
    answer_poster(visitor)
    assert visitor.send().receipt not in ("", receipt)
    assert len(poster.sealed) == 2
    assert visitor.open(first).receipt == receipt  # the first visit is not mixed up with the second


def test_the_next_person_can_throw_away_what_another_left_unfinished(poster: Opened, visitor: Visitor):
    (link,) = poster.posters
    visitor.begin(link)
    visitor.send({"used": "no"})
    landing = visitor.open(link)
    assert "Đây không phải phiếu của Ông/Bà?" in landing.words("//h2")
    visitor.send(to=visitor.home + "discard")
    assert visitor.begin(link).filled == {}


def test_two_browsers_on_one_poster_know_nothing_of_each_other(app: flask.Flask, poster: Opened, visitor: Visitor):
    (link,) = poster.posters
    other = Visitor(app)
    visitor.begin(link)
    visitor.send({"used": "no"})
    other.begin(link)
    assert other.home != visitor.home
    assert other.open(other.home + "page/service").filled == {}
    assert other.open(visitor.home).status == 403
