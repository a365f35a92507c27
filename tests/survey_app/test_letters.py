"""Links on their way out: for a mail merge or on paper, safe in a spreadsheet, for their owner's eyes only."""

import csv
import re
import stat
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import qrcode
from lxml import html
from rounds import a_group, a_plan, make_round, people, texts, voters
from sqlalchemy.orm import Session

from survey_app.config import Config
from survey_app.documents.letters import Letterhead
from survey_app.invitation_letters import Voice, messages
from survey_app.letters import Card, cards, write_links
from survey_app.models.rounds import Mode, RatingScope, SurveyRound
from survey_app.security import KeyRing, read_code
from survey_app.services.contacts import Addressee
from survey_app.services.roll import Person

SITE = "https://survey.example"
TITLE = {"vi": "Đại biểu", "en": "Delegates"}
NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("x")', "bình thường", '<b>"', "a,b"]


@pytest.fixture
def keys(config: Config) -> KeyRing:
    return KeyRing(config.key_dir)


@pytest.fixture
def both(session: Session, keys: KeyRing) -> SurveyRound:
    """A round with staff who have links, and posters."""
    groups = a_group(), a_group("citizens", mode=Mode.OPEN_LINK, scope=RatingScope.OWN)
    return make_round(session, keys, a_plan(*groups), {"staff": [Person(ref) for ref in NASTY]})


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_csv_has_every_link_with_its_code(session: Session, keys: KeyRing, both: SurveyRound, tmp_path: Path):
    key = keys.read("small")
    assert write_links(session, both, key, tmp_path / "links.csv", SITE) == len(NASTY) + 4
    rows = read_csv(tmp_path / "links.csv")
    personal = {row["code"]: row for row in rows if row["code"]}
    for voter in voters(session, both, key):
        row = personal[voter.code]
        assert row["url"] == f"{SITE}/p/{voter.code}"
        assert row["addressee"].lstrip("'") == voter.ref
    assert [row["addressee"] for row in rows if not row["code"]] == [f"Đơn vị U{n}" for n in (1, 2, 3, 4)]
    assert all(row["url"].startswith(f"{SITE}/o/") for row in rows if not row["code"])


def test_no_cell_is_a_formula(session: Session, keys: KeyRing, both: SurveyRound, tmp_path: Path):
    write_links(session, both, keys.read("small"), tmp_path / "links.csv", SITE)
    for row in read_csv(tmp_path / "links.csv"):
        for cell in row.values():
            assert not re.match(r"[=+\-@\t\r\n]", cell)
        assert row["addressee"] != "'bình thường"


@pytest.mark.parametrize("name", ["links.csv", "links.html"])
def test_a_file_of_links_is_for_its_owner_even_where_one_was_before(
    session: Session, keys: KeyRing, both: SurveyRound, tmp_path: Path, name: str
):
    (tmp_path / name).write_text("old", encoding="utf-8")
    (tmp_path / name).chmod(0o644)
    write_links(session, both, keys.read("small"), tmp_path / name, SITE)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_paper_has_a_card_for_each_with_code_and_drawing(
    session: Session, keys: KeyRing, both: SurveyRound, tmp_path: Path
):
    write_links(session, both, keys.read("small"), tmp_path / "cards.html", SITE)
    page = html.parse(str(tmp_path / "cards.html"), html.HTMLParser(encoding="utf-8")).getroot()
    found = page.find_class("card")
    assert len(found) == len(NASTY) + 4
    codes = [code.text for code in page.find_class("code")]
    assert {read_code(code) for code in codes} == {voter.secret for voter in voters(session, both, keys.read("small"))}
    assert all(card.find("svg") is not None for card in found)
    assert '<b>"' not in (tmp_path / "cards.html").read_text("utf-8")
    assert not page.xpath("//script | //link | //img")


def drawn(svg: str) -> np.ndarray:
    """The dark modules of a drawing, each stroke a run of them in one row."""
    (size,) = re.findall(r'viewBox="0 0 (\d+) \1"', svg)
    (path,) = re.findall(r'<path d="((?:M\d+ \d+h\d+v1h-\d+z)+)"/>', svg)
    dark = np.zeros([int(size)] * 2, dtype=int)
    for x, y, there, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path):
        assert there == back
        dark[int(y), int(x) : int(x) + int(there)] += 1
    return dark


def test_the_drawing_is_the_code_of_the_address():
    code = "ABCDEFGHIJ" * 2 + "ABCDEF"
    card = Card("staff", "Nhân viên", "001", f"{SITE}/p/{code}", code)
    expected = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M, mask_pattern=3)
    expected.add_data(card.url)
    assert (drawn(card.qr) == np.array(expected.get_matrix())).all()
    other = Card("staff", "Nhân viên", "002", card.url.replace("A", "Z"), "")
    assert drawn(other.qr).shape != drawn(card.qr).shape or (drawn(other.qr) != drawn(card.qr)).any()


def test_letters_say_titles_and_names_and_no_code_of_ours(session: Session, keys: KeyRing, tmp_path: Path):
    groups = (
        replace(a_group("hdnd_tp"), title=TITLE),
        replace(a_group("dan_phuong", mode=Mode.OPEN_LINK, scope=RatingScope.OWN), title=TITLE),
        replace(a_group("moi_nguoi", mode=Mode.OPEN_LINK, scope=RatingScope.CHOSEN), title=TITLE),
    )
    survey_round = make_round(session, keys, a_plan(*groups, title=texts("Đợt thử")), {"hdnd_tp": people(3)})
    write_links(session, survey_round, keys.read("small"), tmp_path / "cards.html", SITE)
    page = html.parse(str(tmp_path / "cards.html"), html.HTMLParser(encoding="utf-8")).getroot()
    lines = [[line.text_content() for line in card.xpath(".//h2 | .//p")] for card in page.find_class("card")]
    assert lines[0][:3] == ["Đợt thử", "asked_by", "Đại biểu · 001"]
    assert lines[3][:3] == ["Đợt thử", "asked_by", "Đại biểu · Đơn vị U1"]
    assert lines[7][:2] == ["Đợt thử", "asked_by"]
    assert lines[7][2].startswith(SITE)
    assert not re.search(r"hdnd_tp|dan_phuong|moi_nguoi|\ball\b", page.text_content())
    write_links(session, survey_round, keys.read("small"), tmp_path / "links.csv", SITE)
    rows = read_csv(tmp_path / "links.csv")
    assert (rows[0]["title"], rows[-1]["title"], rows[-1]["addressee"]) == ("Đại biểu", "", "")


def test_the_code_is_printed_in_groups_of_four():
    assert Card("g", "t", "a", "u", "ABCDEFGHIJ").spaced_code == "ABCD EFGH IJ"


def test_links_come_anew_from_the_key_each_time(session: Session, keys: KeyRing):
    survey_round = make_round(session, keys, invited={"staff": people(3)})
    first, second = (list(cards(session, survey_round, keys.read("small"), SITE)) for _time in range(2))
    assert first == second


def test_messages_go_to_numbers_as_gateways_read_them_however_a_list_or_frame_spelt_them():
    spelt = ("+84912345678", "0912345678", "(024) 3825 1234", "khong co", "")
    found = [Addressee(UUID(int=i), str(i), "all", 0, None, {"phone": phone}) for i, phone in enumerate(spelt)]
    head = Letterhead("Viện", "Đợt", "", "", "", "", "")
    voice = Voice(head, {"message": "{name} {link}"}, {}, "vi", SITE, {})
    assert [message.phone for message in messages(found, voice, bytes(32))] == [
        "+84912345678",
        "+84912345678",
        "+842438251234",
    ]
