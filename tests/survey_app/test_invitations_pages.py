"""A researcher's way from a list in Excel to letters, in the browser; what is refused is said, by cell."""

import io
import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import flask
import openpyxl
import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from lxml import html
from rounds import a_group, a_plan, make_round, people, voters
from sqlalchemy import select
from sqlalchemy.orm import Session
from staff import signed_in

from survey_app.access import Role
from survey_app.config import Config
from survey_app.instance import instance_of
from survey_app.jobs.running import run_job
from survey_app.models.accounts import AuditEntry
from survey_app.models.jobs import Job, JobState, StoredFile
from survey_app.models.people import Template
from survey_app.models.roll import Invitee
from survey_app.models.rounds import Mode, RatingScope, SurveyRound
from survey_app.queries.rounds import round_by_code
from survey_app.research.invitations.words import refusal_words
from survey_app.security import KeyRing
from survey_app.services.files import read_file
from survey_app.services.invitations import InvitationRefused, clear_group
from survey_app.services.roll import invite as invite_people
from survey_app.services.stages import n_outgoing

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

HEADINGS = ["Họ và tên", "Chức vụ", "Cơ quan", "Mã đơn vị", "Điện thoại", "Email"]
HERE = "/rounds/small/invitations"
NASTY = "<script>alert(1)</script> #strong[x] $a$ *b*"
GROUPS = (
    a_group(scope=RatingScope.OWN),
    a_group("citizens", mode=Mode.OPEN_LINK, scope=RatingScope.OWN),
)


def a_list(*changes: tuple[int, int, object], n: int = 8) -> bytes:
    rows = [
        [f"Người {i}", "Phó phòng", "Sở", ("U1", "Đơn vị U2")[i % 2], 912345000 + i, f"n{i}@example.vn"]
        for i in range(n)
    ]
    for row, column, value in changes:
        rows[row][column] = value
    book = openpyxl.Workbook()
    for row in [HEADINGS, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def survey_round(session: Session, config: Config) -> SurveyRound:
    keys = KeyRing(config.key_dir)
    made = make_round(session, keys, a_plan(*GROUPS), {"staff": people(3, "U1")}, opened=False)
    clear_group(session, made, made.groups[0])
    session.commit()
    return made


@pytest.fixture
def researcher(app: flask.Flask, survey_round: SurveyRound) -> FlaskClient:
    return signed_in(app, Role.RESEARCHER, round_code="small")


def upload(client: FlaskClient, data: bytes):
    return client.post(
        f"{HERE}/staff/list", data={"file": (io.BytesIO(data), "a.xlsx")}, content_type="multipart/form-data"
    )


def seen(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return " ".join(html.document_fromstring(response.text).xpath("string(//main)").split())


def invite(client: FlaskClient, data: bytes) -> str:
    """The words of the preview; then everybody on it is invited."""
    address = upload(client, data).headers["Location"]
    preview = seen(client, address)
    file_id = parse_qs(urlsplit(address).query)["file"][0]
    assert client.post(f"{HERE}/staff/list/invite", data={"file": file_id}).status_code == 303
    return preview


def made_file(config: Config, session: Session, response) -> tuple[StoredFile, bytes]:
    """What the job that a page started has made."""
    job_id = UUID(urlsplit(response.headers["Location"]).path.rstrip("/").split("/")[-1])
    instance = instance_of(config)
    assert run_job(instance, job_id) == JobState.DONE
    session.rollback()
    outcome = session.get_one(Job, job_id).outcome
    return read_file(session, instance.files, UUID(outcome["file_id"]), instance.contact_keys.read("small"))


def test_from_a_list_to_letters_in_hand(researcher: FlaskClient, session: Session, config: Config):
    assert "Nhập danh sách mời" in seen(researcher, f"{HERE}/")
    assert researcher.get(f"{HERE}/staff/list/template.xlsx").status_code == 200
    preview = invite(
        researcher, a_list((0, 0, NASTY), (1, 4, 912345003), (5, 0, "Người 7"), (6, 5, None), (6, 4, None))
    )
    for words in (
        NASTY,
        "+84912345003",
        "E3, E5",
        "A7, A9",
        "8 người; 1 người không có",
        "staff-0001",
        "ít nhất 3 người",
    ):
        assert words in preview
    assert session.scalars(select(StoredFile.destroyed_on)).one() is not None
    group = seen(researcher, f"{HERE}/staff")
    assert "Đã mời 8 người; 7 người có số điện thoại" in group
    assert researcher.post(f"{HERE}/staff", data={"q": "người 4"}).text.count("staff-") == 1
    assert "đã trả lời" not in group.replace("không ở đâu ghi ai đã trả lời hay chưa", "")
    assert "cả nhóm (8 người)" in seen(researcher, f"{HERE}/staff/letters")

    stored, pdf = made_file(config, session, researcher.post(f"{HERE}/staff/letters", data={"product": "letters"}))
    assert (stored.holds_codes, stored.kind, (stored.expires_on - stored.made_on).days) == (True, "letters", 30)
    asked = voters(session, round_by_code(session, "small"), KeyRing(config.key_dir).read("small"))
    links = [
        f"http://localhost/p/{voter.code}" for voter in sorted(asked, key=lambda v: (int(v.ref[-4:]) % 2 == 0, v.ref))
    ]
    pages = list(pypdfium2.PdfDocument(pdf))
    codes = [zxingcpp.read_barcodes(page.render(scale=2).to_pil())[0].text for page in pages]
    assert codes == links
    said = " ".join(pages[0].get_textpage().get_text_range().split())
    for words in (NASTY, "Thư số staff-0001 · Đơn vị U1", "Phiếu không ghi tên", "khoảng 2 phút", "title"):
        assert words in said
    assert "{" not in said
    assert "thu-moi-small-staff.pdf" in seen(researcher, f"{HERE}/")

    _stored, sheet = made_file(config, session, researcher.post(f"{HERE}/staff/merge"))
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet)).active.values)
    head = next(i for i, row in enumerate(rows) if "Điện thoại" in row)
    assert len(rows) - head - 1 == 7
    assert {row[2] for row in rows[head + 1 :]} >= {"+84912345000", "+84912345003"}
    for row in rows[head + 1 :]:
        assert row[3] in links
        assert row[3] in row[5]
        assert row[6:] == (len(row[5]), 1)
        assert len(row[5]) <= 160

    _stored, cards = made_file(
        config, session, researcher.post(f"{HERE}/staff/letters", data={"product": "cards", "unit": "U2"})
    )
    assert len(zxingcpp.read_barcodes(pypdfium2.PdfDocument(cards)[0].render(scale=2).to_pil())) == 4
    stored, posters = made_file(config, session, researcher.post(f"{HERE}/citizens/posters", data={"paper": "a3"}))
    assert (stored.holds_codes, len(pypdfium2.PdfDocument(posters))) == (False, 4)
    assert n_outgoing(session, round_by_code(session, "small")) == 3  # letters, a merge list, cards: not the posters
    one = researcher.post(f"{HERE}/citizens/posters", data={"unit": "Đơn vị U3"})
    assert one.data.startswith(b"%PDF")
    assert "Đơn vị U3" in seen(researcher, f"{HERE}/citizens/posters")


def test_faults_of_a_list_are_named_by_cell_and_nothing_is_kept(researcher: FlaskClient, session: Session):
    response = upload(researcher, a_list((0, 0, None), (1, 3, "SNV"), (2, 4, "12"), (3, 5, "a@"), (4, 3, None)))
    assert response.status_code == 422
    said = " ".join(html.document_fromstring(response.text).xpath("string(//main)").split())
    for words in ("A2:", "D3: Không có đơn vị “SNV”", "E4: “12” không phải", "F5: “a@” không phải", "D6:"):
        assert words in said
    assert session.scalars(select(StoredFile)).all() == []
    assert upload(researcher, b"").status_code == 422
    assert seen(researcher, f"{HERE}/staff/list?file={UUID(int=7)}", 409)
    assert seen(researcher, f"{HERE}/nobody", 404)
    assert seen(researcher, f"{HERE}/citizens/letters", 404)


def test_one_invitation_is_printed_again_withdrawn_and_restored(
    researcher: FlaskClient, session: Session, config: Config, app: flask.Flask
):
    preview = invite(researcher, a_list())
    assert "ít nhất 3 người" in preview
    voter = voters(session, round_by_code(session, "small"), KeyRing(config.key_dir).read("small"))[3]
    person = f"{HERE}/staff/people/{voter.invitee_id}"
    assert "Người 3" in seen(researcher, person)
    letter = pypdfium2.PdfDocument(researcher.post(f"{person}/reissue").data)
    assert zxingcpp.read_barcodes(letter[0].render(scale=2).to_pil())[0].text.endswith(voter.code)
    assert "Thu hồi thư mời staff-0004?" in seen(researcher, f"{person}/revoke")
    assert researcher.post(f"{person}/revoke").status_code == 303
    assert app.test_client().get(f"/p/{voter.code}").status_code == 410
    assert researcher.post(f"{person}/reissue").status_code == 409
    assert "Đã thu hồi ngày" in seen(researcher, person)
    assert researcher.post(f"{person}/restore").status_code == 303
    assert researcher.post(f"{person}/restore").status_code == 409
    assert researcher.post(f"{HERE}/staff/release").status_code == 409
    too_small = InvitationRefused("cell_too_small", ref="staff-0004", cell="booklet 09", left=2, min_cell=3)
    with app.test_request_context():
        assert "ô ẩn danh “tập đơn vị 09” chỉ còn 2 người" in refusal_words(too_small)
    assert "Không thể hoàn tác" in seen(researcher, f"{HERE}/staff/clear")
    assert researcher.post(f"{HERE}/staff/clear").status_code == 303
    session.rollback()
    done = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert done == [
        "list.uploaded",
        "list.invited",
        "invitation.reissued",
        "invitation.revoked",
        "invitation.restored",
        "list.cleared",
    ]
    kept = " ".join(str(entry.details) + entry.subject for entry in session.scalars(select(AuditEntry)))
    assert "Người" not in kept
    assert voter.code not in kept


def test_words_are_tried_and_refused_where_no_letter_could_be_made(researcher: FlaskClient, session: Session):
    page = researcher.get(f"{HERE}/words").text
    assert 'src="data:image/png;base64,' in page
    english = html.document_fromstring(page).xpath("string(//textarea[@name='text_en'])").strip()
    wrong = researcher.post(f"{HERE}/words", data={"text_vi": "Mời {ten} {deadline} {", "text_en": english})
    assert wrong.status_code == 422
    for words in ("tên là {ten}", "thiếu chỗ điền {qr}", "thiếu chỗ điền {anonymity}", "ngoặc nhọn lẻ"):
        assert words in wrong.text
    long = "{anonymity} {deadline}\n\n{qr}\n\n" + "rất dài " * 450
    assert "dài quá khổ giấy" in researcher.post(f"{HERE}/words", data={"text_vi": long, "text_en": english}).text
    good = "Mời {name} {deadline}\n\n{qr}\n\n{anonymity}\n\nGọi {hotline}."
    typed = {"text_vi": good.replace("\n", "\r\n"), "text_en": english}
    assert researcher.post(f"{HERE}/words", data=typed | {"go": "preview"}).status_code == 200
    assert session.scalars(select(Template)).all() == []
    assert researcher.post(f"{HERE}/words", data=typed).status_code == 303
    session.rollback()
    assert session.scalars(select(Template)).one().words["vi"] == good
    assert researcher.post(f"{HERE}/letterhead", data={"hotline": " 024  1234 "}).status_code == 303
    session.rollback()
    assert session.scalars(select(Template.words).where(Template.kind == "letterhead")).one()["hotline"] == "024 1234"
    assert researcher.post(f"{HERE}/words", data={"go": "reset"}).status_code == 303
    session.rollback()
    assert session.scalars(select(Template.kind)).all() == ["letterhead"]
    for kind in ("card", "poster", "message"):
        assert researcher.get(f"{HERE}/words?kind={kind}&show=en").status_code == 200


def test_people_without_contacts_get_letters_with_their_number(
    researcher: FlaskClient, session: Session, config: Config, survey_round: SurveyRound
):
    key = KeyRing(config.key_dir).read("small")
    invite_people(session, survey_round, survey_round.groups[0], people(6, "U1", "U2"), round_key=key, seed=1)
    session.commit()
    assert "cả nhóm (6 người)" in seen(researcher, f"{HERE}/staff/letters")
    assert "002" not in seen(researcher, f"{HERE}/staff?f_cell=U1")
    assert "Không có tên" in seen(researcher, f"{HERE}/staff/people/{voters(session, survey_round, key)[0].invitee_id}")
    session.scalars(select(Invitee).where(Invitee.ref == "004")).one().wave = 1
    session.commit()
    assert "Còn 1 người dự phòng" in seen(researcher, f"{HERE}/staff")
    assert printed_refs(researcher, session, config) == ["002", "006"]
    assert researcher.post(f"{HERE}/staff/release").status_code == 303
    assert printed_refs(researcher, session, config) == ["002", "004", "006"]


def printed_refs(client: FlaskClient, session: Session, config: Config) -> list[str]:
    """Whose letters are made for a unit, by the number at the foot of each."""
    _stored, pdf = made_file(config, session, client.post(f"{HERE}/staff/letters", data={"unit": "U2"}))
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return [re.search(r"Thư số (\d+)", page)[1] for page in pages]


def test_names_are_for_researchers_of_the_round_alone(app: flask.Flask, survey_round: SurveyRound):
    for role in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.FIELD_SUPERVISOR):
        assert signed_in(app, role).get(f"{HERE}/staff").status_code == 403
    assert signed_in(app, Role.RESEARCHER).get(f"{HERE}/staff").status_code == 200


def test_no_second_key_is_made_beside_names_whose_key_is_not_here(
    researcher: FlaskClient, session: Session, config: Config
):
    ring = KeyRing(config.contact_key_dir)
    assert upload(researcher, a_list()).status_code == 303, "the first list makes the key"
    old = ring.read("small")
    (ring.folder / "small.key").rename(ring.folder / "small.away")
    assert upload(researcher, a_list()).status_code == 409
    (ring.folder / "small.away").rename(ring.folder / "small.key")
    assert ring.read("small") == old
    assert upload(researcher, a_list()).status_code == 303
