"""Links that lead to no form: one helpful page for each."""

import pytest
from browser.fair import Fair
from browser.inspection import faults
from browser.respondent import Respondent
from browser.small_rounds import a_round
from playwright.sync_api import Page, expect

from survey_app.config import Config


@pytest.mark.parametrize(
    ("state", "heading", "advice"),
    [
        ("not yet", "Đợt khảo sát chưa bắt đầu", "Xin giữ thư mời"),
        ("expired", "Đã hết thời gian trả lời", "Phiếu đã gửi vẫn được tính."),
        ("closed", "Đợt khảo sát đã kết thúc", "Phiếu đã gửi vẫn được tính."),
    ],
)
def test_a_link_out_of_its_time_says_why_and_whom_to_ask(page: Page, fair: Fair, state, heading, advice):
    someone = Respondent(page, fair.link(state))
    someone.sees(heading)
    expect(page.get_by_text(advice)).to_be_visible()
    expect(page.get_by_text("Cần hỏi thêm")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_round_that_closes_while_somebody_answers_says_so(page: Page, config: Config, site: str):
    opened = a_round(config)
    someone = Respondent(page, site + opened.personal[0])
    someone.walk_to_review()
    opened.close()
    someone.press("Gửi phiếu")
    someone.sees("Đợt khảo sát đã kết thúc")
    expect(page.get_by_text("Phiếu chưa gửi không được tính và đã được xóa.")).to_be_visible()


def test_the_code_of_a_letter_is_typed_as_it_comes(page: Page, fair: Fair):
    code = fair.link("short").rpartition("/")[2].lower()
    someone = Respondent(page, fair.address)
    someone.field("Hoặc nhập mã in trong thư mời").fill(f" {code[:4]} {code[4:13]} - {code[13:]}")
    someone.go_on()
    someone.sees("Phiếu lấy ý kiến ngắn")
    assert code not in page.url.lower()


def test_a_page_in_a_browser_that_lost_its_cookie_says_how_to_come_back(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    page.context.clear_cookies()
    page.reload()
    someone.sees("Xin mở lại đường liên kết")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_many_wrong_codes_are_stopped_for_a_while(page: Page, config: Config, site: str):
    opened = a_round(config)
    someone = Respondent(page, f"{site}/p/{'A' * 26}")
    someone.sees("Mã này không đúng")
    for _guess in range(29):
        page.request.get(f"{site}/p/{'B' * 26}")
    page.reload()
    someone.sees("Đã nhập sai mã quá nhiều lần")
    assert list(faults(page)) == []
    expect(page.get_by_text("Xin chờ 10 phút")).to_be_visible()
    assert opened.drafts == 0
