"""A researcher's round in the browser, in the words of the screens; keeps a picture of each step if asked to."""

import re
from dataclasses import dataclass
from pathlib import Path

from browser.pictures import keep_page, keep_paper
from playwright.sync_api import Locator, Page, expect

LONG = 120_000  # milliseconds for a job
HEAD = {"place": "Hà Nội", "signer_title": "Viện trưởng", "signer": "Nguyễn Văn Mẫu", "hotline": "024 0000 0000"}


@dataclass
class Workplace:
    """A browser in the hands of a researcher."""

    page: Page
    site: str
    pictures: Path | None = None
    round_code: str = ""

    @property
    def round(self) -> str:
        return f"{self.site}/rounds/{self.round_code}"

    def keep(self, name: str, part: Locator | None = None) -> None:
        """A picture of what is seen now, or of the page from one of its parts on, for the guide."""
        if self.pictures:
            keep_page(self.page, self.pictures / f"{name}.png", part=part)

    def look(self, name: str, address: str) -> None:
        """A picture of a page that is not on the way."""
        if self.pictures:
            self.page.goto(address)
            self.keep(name)

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def done(self, words: str) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(words)

    def upload(self, path: Path) -> None:
        self.page.locator("main input[type=file]").set_input_files(path)

    def finish_job(self) -> None:
        """Wait on a job's page until it is done, as its live region tells, and go to its result."""
        result = self.page.get_by_role("link", name=re.compile("Xem kết quả|Tải tệp"))
        expect(result.first).to_be_visible(timeout=LONG)

    # --- signing in ----------------------------------------------------------------------------------

    def sign_in(self, user: str, one_time: str, password: str) -> None:
        """For the first time: with the administrator's password, then one's own."""
        self.page.goto(f"{self.site}/rounds/")
        self.keep("dang-nhap")
        self.page.get_by_label("Tên đăng nhập").fill(user)
        self.page.get_by_label("Mật khẩu", exact=True).fill(one_time)
        self.page.get_by_role("button", name="Đăng nhập").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Đổi mật khẩu")
        self.keep("doi-mat-khau")
        for field in self.page.locator("input[type=password]").all():
            field.fill(password)
        self.page.get_by_role("main").get_by_role("button").first.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Các đợt điều tra")
        self.look("xac-thuc-hai-lop", f"{self.site}/account/second-factor/new")

    # --- a round and its units ------------------------------------------------------------------------

    def create_round(self, template: str, code: str, year: int) -> None:
        self.page.goto(f"{self.site}/rounds/")
        self.keep("danh-sach-trong")
        self.page.goto(f"{self.site}/rounds/new")
        self.page.get_by_label(template).first.check()
        self.page.get_by_label("Mã đợt").fill(code)
        self.page.get_by_label("Năm", exact=True).fill(str(year))
        self.keep("tao-dot")
        self.press("Tạo đợt")
        self.round_code = code
        self.done("Đã tạo đợt")
        self.keep("tong-quan-dot")

    def move_to(self, opens_on: str, closes_on: str) -> None:
        """Other days: ISO dates, as the browser's field takes them."""
        self.page.goto(f"{self.round}/edit")
        self.page.locator("[name=opens_on]").fill(opens_on)
        self.page.locator("[name=closes_on]").fill(closes_on)
        self.press("Lưu")

    def import_units(self, path: Path) -> None:
        self.page.goto(f"{self.site}/units/import")
        self.upload(path)
        self.press("Kiểm tra và xem trước")
        self.keep("don-vi-xem-truoc")
        self.press("Xác nhận và ghi")
        self.done("126 đơn vị")

    def invite_personally(self, group: str) -> None:
        """Citizens are drawn and get links of their own instead of posters."""
        self.page.goto(f"{self.round}/groups/{group}")
        self.page.get_by_label("Liên kết cá nhân").check()
        self.press("Lưu nhóm")
        self.done("Đã lưu nhóm")

    # --- design, frame, draw -------------------------------------------------------------------------

    def design(self, group: str, completes: str, response_rate: str, least: str) -> None:
        self.page.goto(f"{self.round}/design/")
        self.page.get_by_role("link", name=group).first.click()
        self.page.get_by_label("tổng số phiếu cho trước").check()
        self.page.get_by_label("Tổng số phiếu").last.fill(completes)
        self.page.get_by_label("Tỷ lệ trả lời dự kiến (%)").fill(response_rate)
        self.page.get_by_label("Số phiếu ít nhất ở mỗi đơn vị").fill(least)
        self.page.get_by_role("button", name="Tính", exact=True).click()
        expect(self.page.get_by_text("không phân biệt được với nhau").first).to_be_visible()
        self.keep("phuong-an-mau")
        self.page.get_by_label("Tên phương án").fill(f"{completes} phiếu")
        self.page.get_by_label("Lý do").fill("Theo kinh phí được giao; đơn vị nào cũng có sai số dự kiến như nhau.")
        self.press("Lưu phương án")
        self.press("Áp dụng phương án")
        self.done("được áp dụng")

    def read_frame(self, group: str, name: str, path: Path) -> None:
        self.page.goto(f"{self.round}/frames/new")
        self.page.locator("select[name=group]").select_option(label=group)
        self.page.get_by_label("Tên gọi").fill(name)
        self.upload(path)
        self.page.get_by_role("button", name="Tải lên").click(timeout=LONG)
        expect(self.page.get_by_role("button", name="Kiểm tra và nhập")).to_be_visible(timeout=LONG)
        self.keep("khung-mau-cot")
        self.press("Kiểm tra và nhập")
        self.finish_job()
        self.keep("cong-viec")

    def draw(self, frame: str, seed: str) -> int:
        """A simple random sample by the adopted plan; how many are asked first."""
        self.page.goto(f"{self.round}/frames/")
        self.page.get_by_role("link", name=frame).first.click()
        self.keep("khung-mau")
        self.page.get_by_role("main").get_by_role("link", name="Chọn mẫu").first.click()
        self.page.locator("select[name=method]").select_option("srs")
        self.page.get_by_label("theo phương án mẫu").check()
        self.page.get_by_label("Hạt giống").fill(seed)
        self.press("Xem trước số người")
        self.keep("chon-mau")
        self.press("Chọn mẫu với các lựa chọn này")
        self.finish_job()
        self.page.get_by_role("link", name="Xem kết quả").click()
        self.keep("mau-da-rut")
        n = self.page.get_by_text("Hỏi trước").first.locator("xpath=following::*[1]").inner_text()
        self.press("Đưa vào danh sách mời")
        self.done("vào danh sách mời")
        if self.pictures:
            self.page.get_by_role("link", name="Chứng nhận chọn mẫu").click()
            self.keep("chung-nhan")
        return int(n.replace(".", ""))

    # --- invitations -----------------------------------------------------------------------------------

    def look_around(self) -> None:
        """Pictures of what a draft is made of: its form, the form's editor, its method, the words of its letters."""
        if not self.pictures:
            return
        self.look("mau-phieu-cua-dot", f"{self.round}/forms/")
        self.page.get_by_role("link", name="Xem thử").first.click()
        self.keep("mau-phieu-xem-thu")
        self.look("cach-tinh-diem", f"{self.round}/method/")
        self.look("loi-thu", f"{self.round}/invitations/words")
        for name, words in HEAD.items():
            self.page.locator(f"[name={name}]").fill(words)
        self.press("Lưu phần này")
        self.look("lich-lam-viec", f"{self.site}/calendar/")
        self.page.goto(f"{self.round}/forms/")
        self.page.locator("main section p a").first.click()
        self.press("Tạo bản nháp từ phiên bản này")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Sửa mẫu phiếu")
        self.keep("sua-mau-phieu")

    def look_back(self) -> None:
        """Pictures of what a running round shows: who is invited, its files, what is kept of people, its end."""
        self.look("nguoi-duoc-moi", f"{self.round}/invitations/hdnd_tp")
        self.look("thu-moi", f"{self.round}/invitations/")
        self.look("tep", f"{self.site}/files/")
        self.look("du-lieu-ca-nhan", f"{self.site}/privacy/")
        self.look("tien-do", f"{self.round}/board/")
        self.look("ket-thuc", f"{self.round}/close")

    def invite_list(self, group: str, path: Path) -> None:
        self.page.goto(f"{self.round}/invitations/{group}/list")
        self.upload(path)
        self.press("Xem trước")
        if group == "hdnd_tp":
            self.keep("danh-sach-moi")
        self.page.get_by_role("main").get_by_role("button", name=re.compile("vào danh sách mời")).click()
        self.done("mời")

    def open_round(self) -> None:
        self.page.goto(f"{self.round}/open")
        self.keep("mo-dot")
        self.press("Mở đợt")
        self.done("mở")

    def print_letters(self, group: str) -> Path:
        """The file of letters, as the browser keeps it."""
        self.page.goto(f"{self.round}/invitations/{group}/letters")
        self.keep("in-thu")
        self.page.get_by_role("main").get_by_role("button", name="Lập tệp PDF").click()
        self.finish_job()
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Tải tệp").first.click()
        if self.pictures:
            keep_paper(download.value.path(), self.pictures / "thu-mau.png")
        return Path(download.value.path())

    def send_mail(self, group: str, kind: str) -> None:
        self.page.goto(f"{self.round}/mailings/new/{group}/{kind}")
        self.keep("soan-thu")
        self.page.get_by_label("Tôi đã xem thử và muốn gửi ngay").check()
        self.page.get_by_role("main").get_by_role("button", name=re.compile("^Gửi đến")).click()
        self.finish_job()
        self.page.get_by_role("link", name="Xem kết quả").click()
        self.keep("thu-da-gui")


def answer(page: Page, link: str) -> None:
    """From the link to the receipt: the last choice of every question, which is seldom the best thing to say."""
    page.goto(link)
    for box in page.locator("main input[type=checkbox]").all()[:1]:
        box.check()  # consent is never ticked beforehand
    for _page in range(30):
        if page.locator(".receipt").count():
            return
        page.evaluate(
            """() => {
              const seen = new Set();
              for (const radio of document.querySelectorAll("main input[type=radio]")) {
                if (!seen.has(radio.name)) radio.click();
                seen.add(radio.name);
              }
            }"""
        )
        with page.expect_navigation():
            page.locator("main button.primary").first.click()
    raise AssertionError(f"no receipt after thirty pages: {page.url}")
