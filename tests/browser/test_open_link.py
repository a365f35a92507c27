"""An open link: many people, one address, perhaps one device after another."""

import pytest
from browser.fair import Fair
from browser.respondent import MET, SHORT_ANSWERS, Respondent
from browser.small_rounds import a_round
from playwright.sync_api import Page, expect

from survey_app.config import Config
from survey_app.models.rounds import Mode


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_next_person_on_the_same_device_starts_anew(page: Page, config: Config, site: str):
    opened = a_round(config, mode=Mode.OPEN_LINK)
    link = site + opened.posters[0]
    first = Respondent(page, link)
    first.walk_to_review()
    first.press("Gửi phiếu")
    first.sees("Đã nhận phiếu của Ông/Bà")
    second = Respondent(page, link)
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    second.walk_to_review()
    second.press("Gửi phiếu")
    assert opened.ballots == [SHORT_ANSWERS] * 2


def test_in_the_same_browser_the_link_leads_back_to_what_was_left_unfinished(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("open"))
    someone.start()
    someone.answer_contact()
    someone = Respondent(page, fair.link("open"))
    expect(page.get_by_text("Trên trình duyệt này có một phiếu đang trả lời dở.")).to_be_visible()
    someone.press("Trả lời tiếp")
    someone.sees("Sự phối hợp trong công việc")


def test_what_somebody_else_left_can_be_deleted_at_once(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("open"))
    someone.start()
    someone.answer_contact()
    someone = Respondent(page, fair.link("open"))
    someone.press("Xóa phần đã lưu")
    page.get_by_role("link", name="Trả lời lại từ đầu").click()
    someone.start()
    expect(someone.option(MET, "Có")).not_to_be_checked()


def test_two_people_with_the_same_link_see_nothing_of_each_other(open_page, fair: Fair):
    first = Respondent(open_page(), fair.link("open"))
    first.start()
    first.answer_contact()
    second = Respondent(open_page(), fair.link("open"))
    second.start()
    expect(second.option(MET, "Có")).not_to_be_checked()
    assert first.page.url.split("/")[4] != second.page.url.split("/")[4]
