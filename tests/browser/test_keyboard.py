"""Without a mouse, without a finger: Tab, arrows, Space and Enter are enough, and show where one is."""

import pytest
from browser.fair import DELEGATE, Fair
from browser.respondent import MET, SHORT_ANSWERS, TIMES, WISH, Respondent
from browser.small_rounds import a_round
from playwright.sync_api import Page, expect

from survey_app.config import Config

FOCUSED = """() => {
  const here = document.activeElement;
  const ring = getComputedStyle(here.closest(".option") || here);
  return { words: (here.closest("label") || here).innerText || here.name || here.tagName,
           seen: parseFloat(ring.outlineWidth) >= 3 && ring.outlineStyle !== "none" };
}"""


def tab_to(page: Page, words: str) -> None:
    """Press Tab until something with these words has the focus; on the way the focus is always seen."""
    for _press in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["seen"], focused
        if words in focused["words"]:
            return
    raise AssertionError(f"{words} cannot be reached by Tab")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_whole_form_is_answered_by_keyboard(desktop_page: Page, config: Config, site: str):
    opened = a_round(config)
    page = desktop_page
    someone = Respondent(page, site + opened.personal[0])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Tôi đã đọc")
    page.keyboard.press("Space")
    tab_to(page, "Bắt đầu")
    page.keyboard.press("Enter")
    someone.sees("Công việc với các đơn vị")

    tab_to(page, "Có")
    page.keyboard.press("Space")
    expect(someone.option(MET, "Có")).to_be_checked()
    tab_to(page, "times")
    page.keyboard.type("12")
    expect(someone.field(TIMES)).to_have_value("12")
    page.keyboard.press("Enter")  # as the main button
    someone.sees("Sự phối hợp trong công việc")

    for downs in (3, 4, 5):
        tab_to(page, "Rất kém")
        page.keyboard.press("Space")
        for _level in range(downs):
            page.keyboard.press("ArrowDown")
    tab_to(page, "Tiếp tục")
    page.keyboard.press("Enter")
    someone.sees("Ý kiến thêm")

    tab_to(page, "words")
    page.keyboard.type("Phối hợp nhanh hơn")
    expect(someone.field(WISH)).to_have_value("Phối hợp nhanh hơn")
    tab_to(page, "Tiếp tục")
    page.keyboard.press("Space")
    someone.sees("Xem lại trước khi gửi")
    tab_to(page, "Gửi phiếu")
    page.keyboard.press("Enter")
    someone.sees("Đã nhận phiếu của Ông/Bà")
    assert opened.ballots == [SHORT_ANSWERS]


def test_the_question_that_stays_in_sight_never_covers_what_has_the_focus(page: Page, fair: Fair):
    someone = Respondent(page, fair.link(DELEGATE))
    someone.start()
    for group in page.get_by_role("group").all():
        group.get_by_label("Kém", exact=True).check()
    for _step in range(12):
        page.keyboard.press("Shift+Tab")
        covered = page.evaluate("""() => document.activeElement.getBoundingClientRect().top
          < document.querySelector("h1").getBoundingClientRect().bottom""")
        assert not covered
