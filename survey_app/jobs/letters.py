"""Letters, cards, posters as PDF, lists for a mail merge: made in the background, kept sealed, gone in 30 days."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey_app.documents.excel import Table, write_workbook
from survey_app.documents.letters import cards_pdf, letters_pdf, posters_pdf
from survey_app.invitation_letters import Voice, addressees, letters, messages, posters, voice_of
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.media import media_type_of
from survey_app.models.base import Facts
from survey_app.models.rounds import RespondentGroup, SurveyRound
from survey_app.queries.rounds import group_by_code
from survey_app.services.files import store_file

PART = 2000  # letters in one file; more of them go into an archive of several
MERGE_SHEET = "Trộn thư"
MERGE_HEADINGS = ("Số", "Họ và tên", "Điện thoại", "Đường liên kết", "Mã", "Tin nhắn", "Số ký tự", "Số tin")
TITLES = {"letters": "thu-moi", "cards": "the-moi", "merge": "tron-thu", "posters": "ap-phich"}


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: its bytes, the end of its name, how many letters (posters, lines) it holds."""

    data: bytes
    suffix: str
    n: int


class NobodyToWriteTo(ValueError):
    """No invitation is left after the choice of group and unit: nothing was made."""

    code = "nobody"


def refusal_words(code: str, _params: Mapping[str, Any]) -> str:
    """Why no letters were made."""
    if code == "nobody":
        return gettext("Không có ai để gửi: nhóm chưa có người được mời, hoặc không ai có số điện thoại.")
    if code == "DoesNotFit":
        return gettext("Lời thư quá dài so với khổ giấy. Xin rút ngắn lời thư rồi in lại.")
    if code == "RoundKeyMissing":
        return gettext("Khóa của đợt không còn trên máy chủ này (đợt đã kết thúc?), nên không lập được đường liên kết.")
    return gettext("Không lập được tệp (%(code)s).", code=code)


@job("letters", title=_l("Lập tệp thư mời"), refusal_words=refusal_words)
def print_letters(run: Run) -> Facts:
    """One file of letters, cards, posters or lines for a mail merge; params: group, product, language, base_url, …."""
    product = run.params["product"]
    with run.reading() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        group = group_by_code(survey_round, run.params["group"])
        name = file_name(survey_round, group, product)
        made = {"merge": _merge, "posters": _posters}.get(product, _letters)(run, session, survey_round, group)
    with run.session() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        stored = store_file(
            session,
            run.files,
            kind=product,
            name=name + made.suffix,
            media_type=media_type_of(name + made.suffix),
            data=made.data,
            survey_round=survey_round,
            contact_key=run.contact_keys.read(survey_round.code),
            account_id=run.account_id,
            today=run.today,
            holds_codes=product != "posters",
        )
        session.commit()
        return {"file_id": str(stored.id), "n": made.n, "next": f"/rounds/{survey_round.code}/invitations/"}


def file_name(survey_round: SurveyRound, group: RespondentGroup, product: str) -> str:
    """The name under which a file is downloaded, without its suffix."""
    return f"{TITLES[product]}-{survey_round.code}-{group.code}"


def voice_for(run: Run, session: Session, group: RespondentGroup, survey_round: SurveyRound, language: str) -> Voice:
    return voice_of(session, survey_round, group, language=language, base_url=run.params["base_url"], today=run.today)


def _letters(run: Run, session: Session, survey_round: SurveyRound, group: RespondentGroup) -> Made:
    """Letters or cards: a PDF, or an archive of several where there are very many."""
    product, kind = run.params["product"], "card" if run.params["product"] == "cards" else "letter"
    voice = voice_for(run, session, group, survey_round, run.params["language"])
    found = addressees(session, run.contact_keys.read(survey_round.code), group, voice, unit=run.params.get("unit", ""))
    if not found:
        raise NobodyToWriteTo(group.code)
    sheets = list(letters(found, voice, run.keys.read(survey_round.code), kind))
    parts = [sheets[i : i + PART] for i in range(0, len(sheets), PART)]
    total, files = len(sheets) + len(parts), []
    for number, part in enumerate(parts):
        before = number * (PART + 1)

        def drawn(done: int, before: int = before) -> None:
            run.progress(before + done, total)

        setter = cards_pdf if kind == "card" else letters_pdf
        files.append(setter(voice.head, part, language=voice.language, site=voice.site, drawn=drawn, fonts=_fonts(run)))
        run.progress(before + len(part) + 1, total)
    if len(files) == 1:
        return Made(files[0], ".pdf", len(sheets))
    return Made(_archive(files, file_name(survey_round, group, product)), ".zip", len(sheets))


def _posters(run: Run, session: Session, survey_round: SurveyRound, group: RespondentGroup) -> Made:
    vi, en = (voice_for(run, session, group, survey_round, language) for language in ("vi", "en"))
    found = posters(session, group, vi, en, unit=run.params.get("unit", ""))
    if not found:
        raise NobodyToWriteTo(group.code)
    pdf = posters_pdf(
        vi.head,
        found,
        language="vi",
        site=vi.site,
        paper=run.params.get("paper", "a4"),
        drawn=lambda done: run.progress(done, len(found) + 1),
        fonts=_fonts(run),
    )
    return Made(pdf, ".pdf", len(found))


def _merge(run: Run, session: Session, survey_round: SurveyRound, group: RespondentGroup) -> Made:
    """A line for each who has a telephone number, as gateways of Zalo and SMS read it."""
    voice = voice_for(run, session, group, survey_round, run.params["language"])
    found = addressees(session, run.contact_keys.read(survey_round.code), group, voice)
    lines = list(messages(found, voice, run.keys.read(survey_round.code)))
    if not lines:
        raise NobodyToWriteTo(group.code)
    rows = [(m.ref, m.name, m.phone, m.link, m.code, m.text, len(m.text), m.n_parts) for m in lines]
    kinds = [*["text"] * 6, "whole", "whole"]
    table = Table(headings=list(MERGE_HEADINGS), rows=rows, kinds=kinds)
    return Made(write_workbook({MERGE_SHEET: table}, holds_codes=True), ".xlsx", len(lines))


def _archive(files: Sequence[bytes], name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for number, data in enumerate(files, start=1):
            archive.writestr(f"{name}-{number:02}.pdf", data)
    return packed.getvalue()


def _fonts(run: Run) -> tuple[Path, ...]:
    """Folders of fonts beside those that the typesetter brings, e.g. of a licensed Times New Roman."""
    return run.config.font_dirs
