"""Somebody who answers, in the words of the page. Keep it small: a story says the rest with Playwright's own words."""

from playwright.sync_api import Locator, Page, expect

UNITS = ("Đơn vị U1", "Đơn vị U2", "Đơn vị U3")
MET = "Năm nay Ông/Bà có làm việc với các đơn vị không?"
TIMES = "Khoảng bao nhiêu lần?"
WISH = "Ông/Bà mong các đơn vị cải thiện điều gì?"
SHORT_ANSWERS = {
    "met": "yes",
    "times": 12,
    "cooperation": {"U1": "4", "U2": "5", "U3": "98"},
    "words": "Phối hợp nhanh hơn",
}


class Respondent:
    """A person with a page of the browser, opening a link."""

    def __init__(self, page: Page, link: str) -> None:
        self.page = page
        self.link = link
        page.goto(link)

    def press(self, name: str) -> None:
        """Press a button and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.button(name).click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True).first

    def start(self) -> None:
        self.page.get_by_role("checkbox").check()
        self.press("Bắt đầu")

    def go_on(self) -> None:
        self.press("Tiếp tục")

    def option(self, question: str, answer: str) -> Locator:
        return self.page.get_by_role("group", name=question).get_by_label(answer, exact=True)

    def choose(self, question: str, answer: str) -> None:
        self.option(question, answer).check()

    def field(self, label: str) -> Locator:
        return self.page.get_by_role("textbox", name=label)

    def answer_contact(self) -> None:
        """The first page of the short form; without script its second question comes with a page of its own."""
        self.choose(MET, "Có")
        if not self.field(TIMES).is_visible():
            self.go_on()
        self.field(TIMES).fill("12")
        self.go_on()

    def rate_units(self) -> None:
        for unit, level in zip(UNITS, ("Tốt", "Rất tốt", "Không biết / Không có cơ sở đánh giá"), strict=True):
            self.choose(unit, level)
        self.go_on()

    def walk_to_review(self) -> None:
        """From the landing page to the review of the short form, answering as in SHORT_ANSWERS."""
        self.start()
        self.answer_contact()
        self.rate_units()
        self.field(WISH).fill("Phối hợp nhanh hơn")
        self.go_on()
        self.sees("Xem lại trước khi gửi")

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    @property
    def receipt(self) -> str:
        return self.page.locator(".receipt").inner_text()
