"""Letters, cards, posters as they are printed: names as they were written, a page each, codes that can be scanned."""

import pypdfium2
import pytest
import zxingcpp

from survey_app.documents import typesetting
from survey_app.documents.letters import (
    DoesNotFit,
    Letter,
    Letterhead,
    Poster,
    cards_pdf,
    letters_pdf,
    posters_pdf,
    typeset,
)
from survey_app.documents.typesetting import NotTypeset

HEAD = Letterhead("Viện Nghiên cứu phát triển", "Đợt thử #1 $x$", "UBND Thành phố", "", "Hà Nội, ngày 01", "", "")
SETTING = {"language": "vi", "site": "khaosat.example.vn"}
ODD = '#strong[x] $a$ *b* _c_ <d> @e \\ "q" `r` <script>alert(1)</script> // /* = + - {qr} #(1+1)'
ALPHABET = "AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY ắằẳẵặ ấầẩẫậ đ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ỳỷỹỵ"


def said(*lines: str) -> tuple:
    return tuple(((line, False),) for line in lines)


def a_letter(number: int, name: str = "Ông/Bà Đặng Thị Mỹ Ữ", *, body: tuple = ()) -> Letter:
    code = f"{number:026}".translate(str.maketrans("0123456789", "ABCDEFGHIJ"))
    body = body or (said("Kính mời", "Ông/Bà"), "qr", (((ODD, False), ("31/12/2026", True)),))
    link = f"https://khaosat.example.vn/p/{code}"
    return Letter(f"{number:03}", name, ("Phó Giám đốc", "Sở Nội vụ"), body, link, code, f"Thư số {number:03}")


def read(pdf: bytes) -> list[str]:
    """The text of each page in one line."""
    pages = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pages]


def scanned(pdf: bytes) -> list[list[str]]:
    """What a scanner reads on each page, at the resolution of a poor printer."""
    pages = (page.render(scale=150 / 72).to_pil() for page in pypdfium2.PdfDocument(pdf))
    return [sorted(code.text for code in zxingcpp.read_barcodes(page)) for page in pages]


def test_a_letter_is_a_page_with_names_as_they_were_written_and_a_code_that_scans():
    letters = [a_letter(1, ODD), a_letter(2, ALPHABET), a_letter(3)]
    pdf = letters_pdf(HEAD, letters, **SETTING)
    pages = read(pdf)
    assert len(pages) == 3
    assert ODD in pages[0]
    assert ALPHABET in pages[1]
    for letter, page in zip(letters, pages, strict=True):
        for words in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "VIỆN NGHIÊN CỨU", letter.link, letter.code, letter.footer):
            assert words in page
    assert ODD + "31/12/2026" in pages[2]
    assert scanned(pdf) == [[letter.link] for letter in letters]


def test_eight_cards_stand_on_a_page_and_each_scans():
    letters = [a_letter(number, body=(said("Mời Ông/Bà"),)) for number in range(9)]
    pdf = cards_pdf(HEAD, letters, **SETTING)
    assert scanned(pdf) == [sorted(letter.link for letter in letters[:8]), [letters[8].link]]
    assert all(letter.code in read(pdf)[0] for letter in letters[:8])


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("a3", (842, 1191))])
def test_a_poster_fills_its_paper(paper: str, size: tuple[int, int]):
    poster = Poster(f"Sở {ODD}", "Mời góp ý", (said("Mất 5 phút"),), (said("Your opinion"),), "https://a.vn/o/12ab")
    pdf = posters_pdf(HEAD, [poster, poster], paper=paper, **SETTING)
    assert [[round(side) for side in page.get_size()] for page in pypdfium2.PdfDocument(pdf)] == [list(size)] * 2
    assert scanned(pdf) == [["https://a.vn/o/12ab"]] * 2
    assert all(words in read(pdf)[1] for words in (ODD, "Mời góp ý", "Mất 5 phút", "Your opinion"))


def test_words_too_long_for_the_page_are_refused_not_cut():
    long = a_letter(1, body=(said("rất dài " * 50),) * 12)
    for make in (letters_pdf, cards_pdf):
        with pytest.raises(DoesNotFit):
            make(HEAD, [a_letter(2, body=(said("ngắn"),)), long], **SETTING)


def test_a_preview_is_a_picture_and_progress_is_told():
    drawn: list[int] = []
    picture = typeset("letters", HEAD, [a_letter(1)], picture=True, drawn=drawn.append, **SETTING)
    assert picture.startswith(b"\x89PNG")
    assert drawn == [1]


def test_a_longer_letter_is_set_in_smaller_type_before_it_is_refused():
    long = a_letter(1, body=("qr", *[said("khá dài " * 30)] * 8))
    assert len(read(letters_pdf(HEAD, [a_letter(2), long], **SETTING))) == 2


def test_a_long_document_is_set_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("survey_app.documents.letters.MANY", 1)
    assert [len(codes) for codes in scanned(letters_pdf(HEAD, [a_letter(1), a_letter(2)], **SETTING))] == [1, 1]
    with pytest.raises(NotTypeset, match="unknown variable"):
        typesetting.typeset({"main.typ": "#nothing"}, apart=True)
