"""From a personal link to a receipt, with and without script; whatever is pressed twice, one ballot."""

import re

import pytest
from browser.fair import DELEGATE, Fair
from browser.respondent import MET, SHORT_ANSWERS, TIMES, WISH, Respondent
from browser.small_rounds import a_round
from playwright.sync_api import Page, expect

from survey_app.config import Config

RECEIVED = "Đã nhận phiếu của Ông/Bà"


@pytest.mark.parametrize("with_script", [True, False])
def test_somebody_answers_on_a_phone_and_gets_a_receipt(open_page, config: Config, site: str, with_script: bool):
    opened = a_round(config)
    page = open_page(has_touch=True, is_mobile=True, java_script_enabled=with_script)
    someone = Respondent(page, site + opened.personal[0])
    assert "/p/" not in page.url
    someone.walk_to_review()
    for words in ("12", "Rất tốt", "Không biết / Không có cơ sở đánh giá", "Phối hợp nhanh hơn"):
        expect(page.get_by_role("definition").filter(has_text=words)).to_be_visible()
    someone.press("Gửi phiếu")
    someone.sees(RECEIVED)
    assert re.fullmatch("[A-Z2-7]{4}-[A-Z2-7]{4}", someone.receipt)
    assert opened.ballots == [SHORT_ANSWERS]
    assert opened.drafts == 0


def test_a_delegate_rates_sixteen_departments_on_five_questions(page: Page, fair: Fair):
    someone = Respondent(page, fair.link(DELEGATE))
    someone.start()
    for _question in range(5):
        assert page.get_by_role("group").count() == 16
        for group in page.get_by_role("group").all():
            group.get_by_label("Tốt", exact=True).check()
        someone.go_on()
    someone.choose("Theo Ông/Bà, trong năm 2027 các sở cần ưu tiên nội dung nào?", "Cải cách thể chế")
    someone.go_on()
    someone.sees("Xem lại trước khi gửi")
    assert page.get_by_role("definition").filter(has_text=re.compile("^Tốt$")).count() == 80
    someone.press("Gửi phiếu")
    someone.sees(RECEIVED)


def test_consent_is_not_ticked_before_and_is_required(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    someone.press("Bắt đầu")
    expect(page).to_have_title(re.compile("^Lỗi:"))
    expect(page.locator("#summary")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_role("checkbox")).to_be_focused()
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    someone.start()
    someone.sees("Công việc với các đơn vị")


def test_back_after_sending_shows_the_receipt_and_nothing_to_send(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    before = len(fair.rounds["short"].ballots)
    someone.walk_to_review()
    someone.press("Gửi phiếu")
    receipt = someone.receipt
    for _page_that_is_gone in range(3):
        page.go_back()
        someone.sees(RECEIVED)
    expect(page.get_by_role("button", name="Gửi phiếu")).to_have_count(0)
    assert someone.receipt == receipt
    assert len(fair.rounds["short"].ballots) == before + 1


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_double_click_on_send_counts_once(page: Page, config: Config, site: str):
    opened = a_round(config)
    someone = Respondent(page, site + opened.personal[0])
    someone.walk_to_review()
    page.get_by_role("button", name="Gửi phiếu").first.dblclick()
    someone.sees(RECEIVED)
    assert opened.ballots == [SHORT_ANSWERS]


def test_two_tabs_count_once_and_the_second_says_so(page: Page, fair: Fair):
    link = fair.link("short")
    first = Respondent(page, link)
    before = len(fair.rounds["short"].ballots)
    first.walk_to_review()
    second = Respondent(page.context.new_page(), page.url)
    first.press("Gửi phiếu")
    first.sees(RECEIVED)
    second.press("Gửi phiếu")
    second.sees(RECEIVED)
    assert second.receipt == first.receipt
    assert len(fair.rounds["short"].ballots) == before + 1


def test_a_page_saved_after_sending_in_another_tab_is_said_not_to_count(page: Page, fair: Fair):
    first = Respondent(page, fair.link("short"))
    first.start()
    first.answer_contact()
    second = Respondent(page.context.new_page(), page.url)
    second.rate_units()
    second.go_on()
    second.press("Gửi phiếu")
    second.sees(RECEIVED)
    first.rate_units()
    first.sees(RECEIVED)
    expect(page.get_by_text("Nội dung vừa nhập không được ghi")).to_be_visible()


def test_the_same_link_on_two_phones_at_once_counts_once(open_page, config: Config, site: str):
    opened = a_round(config)
    phones = [Respondent(open_page(has_touch=True, is_mobile=True), site + opened.personal[0]) for _ in range(2)]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.answer_contact()
    for phone in phones:
        phone.rate_units()
    for phone in phones:
        phone.go_on()
        phone.sees("Xem lại trước khi gửi")
    for phone in phones:
        phone.page.evaluate("setTimeout(() => document.querySelector('form').submit(), 50)")
    for phone in phones:
        phone.sees(RECEIVED)
    assert phones[0].receipt == phones[1].receipt
    assert len(opened.ballots) == 1


def test_a_ballot_whose_answer_was_lost_on_the_way_is_sent_again_and_counts_once(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    before = len(fair.rounds["short"].ballots)
    someone.walk_to_review()

    def lose_the_answer(route):
        route.fetch(max_redirects=0)  # the server has it
        route.abort("connectionreset")

    page.route("**/send", lose_the_answer)
    review = page.url
    with page.expect_event("requestfailed"):
        someone.button("Gửi phiếu").click()
    assert len(fair.rounds["short"].ballots) == before + 1
    page.unroute("**/send")
    page.goto(review)
    someone.sees(RECEIVED)
    assert len(fair.rounds["short"].ballots) == before + 1


def test_without_a_connection_nothing_is_counted_and_the_page_is_kept(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    before = len(fair.rounds["short"].ballots)
    someone.walk_to_review()
    review = page.url
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        someone.button("Gửi phiếu").click()
    page.context.set_offline(False)
    assert len(fair.rounds["short"].ballots) == before
    page.goto(review)
    someone.press("Gửi phiếu")
    someone.sees(RECEIVED)
    assert len(fair.rounds["short"].ballots) == before + 1


def test_another_device_goes_on_where_the_first_stopped(open_page, fair: Fair):
    link = fair.link("short")
    phone = Respondent(open_page(has_touch=True, is_mobile=True), link)
    phone.start()
    phone.answer_contact()
    computer = Respondent(open_page(viewport={"width": 1280, "height": 800}), link)
    expect(computer.page.get_by_text("Ông/Bà đã trả lời một phần.")).to_be_visible()
    computer.press("Trả lời tiếp")
    computer.sees("Sự phối hợp trong công việc")
    computer.press("Quay lại")
    expect(computer.field(TIMES)).to_have_value("12")


def test_back_saves_what_was_answered_so_far(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    someone.answer_contact()
    someone.choose("Đơn vị U2", "Kém")
    someone.press("Quay lại")
    expect(someone.option(MET, "Có")).to_be_checked()
    someone.go_on()
    expect(someone.option("Đơn vị U2", "Kém")).to_be_checked()


def test_changing_the_language_on_a_page_loses_nothing(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    someone.answer_contact()
    someone.choose("Đơn vị U2", "Kém")
    someone.press("English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    someone.sees("Cooperation at work")
    expect(someone.option("Đơn vị U2", "Poor")).to_be_checked()
    someone.press("Tiếng Việt")
    expect(someone.option("Đơn vị U2", "Kém")).to_be_checked()


@pytest.mark.parametrize("with_script", [True, False])
def test_the_error_summary_says_the_same_as_the_field_and_leads_to_it(open_page, fair: Fair, with_script: bool):
    page = open_page(has_touch=True, is_mobile=True, java_script_enabled=with_script)
    someone = Respondent(page, fair.link("short"))
    someone.start()
    someone.answer_contact()
    someone.choose("Đơn vị U1", "Tốt")
    someone.go_on()
    expect(page).to_have_title(re.compile("^Lỗi:"))
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("heading")).to_have_text("Còn 2 chỗ cần xem lại")
    if with_script:
        expect(summary).to_be_focused()
    summary.get_by_role("link", name="Đơn vị U3: Xin Ông/Bà trả lời câu này.").click()
    expect(someone.option("Đơn vị U3", "Rất kém")).to_be_focused()
    expect(page.get_by_role("group", name="Đơn vị U3")).to_have_accessible_description("Xin Ông/Bà trả lời câu này.")
    expect(someone.option("Đơn vị U1", "Tốt")).to_be_checked()


def test_what_was_typed_wrongly_stays_to_be_mended(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    someone.choose(MET, "Có")
    someone.field(TIMES).fill("mười hai")
    someone.go_on()
    page.get_by_role("alert").get_by_role("link").click()
    expect(someone.field(TIMES)).to_be_focused()
    expect(someone.field(TIMES)).to_have_value("mười hai")
    expect(someone.field(TIMES)).to_have_attribute("aria-invalid", "true")


def test_two_links_in_one_browser_never_mix(page: Page, fair: Fair):
    first = Respondent(page, fair.link("short"))
    first.start()
    first.answer_contact()
    second = Respondent(page.context.new_page(), fair.link("short"))
    second.start()
    expect(second.option(MET, "Có")).not_to_be_checked()
    second.choose(MET, "Không")
    second.go_on()
    first.page.reload()
    first.press("Quay lại")
    expect(first.option(MET, "Có")).to_be_checked()
    assert first.page.url != second.page.url


def test_who_changes_their_mind_deletes_what_was_saved(page: Page, fair: Fair):
    link = fair.link("short")
    someone = Respondent(page, link)
    before = fair.rounds["short"].drafts
    someone.start()
    someone.answer_contact()
    page.goto(link)
    page.get_by_text("Không muốn trả lời nữa?").click()
    someone.press("Xóa phần đã lưu")
    someone.sees("Đã xóa phần đã lưu")
    assert fair.rounds["short"].drafts == before
    page.get_by_role("link", name="Trả lời lại từ đầu").click()
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_back_after_deleting_leads_to_the_start(page: Page, fair: Fair):
    link = fair.link("short")
    someone = Respondent(page, link)
    someone.start()
    form = page.url
    page.goto(link)
    page.get_by_text("Không muốn trả lời nữa?").click()
    someone.press("Xóa phần đã lưu")
    page.goto(form)
    someone.sees("Phiếu lấy ý kiến ngắn")
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_leaving_a_page_with_unsaved_answers_asks_first(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    someone.choose(MET, "Không")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    expect(someone.option(MET, "Không")).to_be_checked()
    someone.go_on()
    someone.sees("Sự phối hợp trong công việc")


def test_the_review_leads_back_to_a_page_and_the_page_to_the_review(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.walk_to_review()
    page.get_by_role("link", name="Sửa phần này (Ý kiến thêm)").click()
    someone.field(WISH).fill("Trả lời rõ hơn")
    someone.go_on()
    someone.sees("Xem lại trước khi gửi")
    expect(page.get_by_role("definition").filter(has_text="Trả lời rõ hơn")).to_be_visible()
