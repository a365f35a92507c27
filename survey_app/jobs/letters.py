"""Letters, cards and posters as PDF, and lists for a mail merge: made in the background, kept sealed, gone in 30 days."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from survey_app.documents.excel import Table, write_workbook
from survey_app.documents.letters import Letterhead, Letter, cards_pdf, letters_pdf, posters_pdf
from survey_app.invitation_letters import Message, addressees, letters, messages, posters, voice_of
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.models.base import Facts
from survey_app.models.rounds import RespondentGroup, SurveyRound
from survey_app.queries.rounds import group_by_code
from survey_app.services.files import store_file

PART = 2500  # letters in one file; more of them go into an archive of several
PDF, ZIP = "application/pdf", "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MERGE_HEADINGS = ("Số", "Họ và tên", "Điện thoại", "Đường liên kết", "Mã", "Tin nhắn", "Số ký tự", "Số tin")
TITLES = {"letters": "thu-moi", "cards": "the-moi", "merge": "tron-thu", "posters": "ap-phich"}


class NobodyToWriteTo(ValueError):
    """No invitation is left after the choice of group and unit: nothing was made."""

    code = "nobody"


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
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
    """One file of letters, cards, posters or lines for a mail merge; params: group, product, language, base_url."""
    product = run.params["product"]
    with run.reading() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        group = group_by_code(survey_round, run.params["group"])
        make = {"merge": _merge, "posters": _posters}.get(product, _letters)
        name, media_type, data, n = make(run, session, survey_round, group)
    with run.session() as session:
        survey_round = session.get_one(SurveyRound, run.survey_round_id)
        file_id = _keep(run, session, survey_round, name, media_type, data)
        session.commit()
    return {"file_id": str(file_id), "n": n, "next": f"/rounds/{survey_round.code}/invitations/"}


def file_name(survey_round: SurveyRound, group: RespondentGroup, product: str, suffix: str) -> str:
    """The name under which a file is downloaded."""
    return f"{TITLES[product]}-{survey_round.code}-{group.code}{suffix}"
