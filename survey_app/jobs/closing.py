"""Closing a round, step by step, each committed: what was interrupted goes on from there when it is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from survey_app.clock import today
from survey_app.instance import Instance
from survey_app.jobs.registry import job
from survey_app.jobs.running import Run
from survey_app.models.base import Facts
from survey_app.models.rounds import Status
from survey_app.queries.rounds import round_by_code
from survey_app.services import closing, roll
from survey_app.services.files import destroy_files_of_round

Removals = Sequence[roll.Removal]
STEPS = 4


def close_and_forget(
    instance: Instance,
    round_code: str,
    *,
    tell: Callable[[Removals], object] = list,
    step: Callable[[int, int], object] = max,
) -> None:
    """Close a round, open its box, and remove what could lead from links to ballots: drafts, key, files with links.

    The key goes last, after the ballots were committed in clear. ``tell`` hears what became of files that lie outside
    the platform's own folder, ``step`` how far it has come. It cannot be undone.
    """
    _close(instance, round_code)
    step(1, STEPS)
    tell(_destroy_files(instance, round_code))
    step(2, STEPS)
    _open_box(instance, round_code)
    step(3, STEPS)
    instance.keys.destroy(round_code)
    closing.clear_traces(instance.database.engine)
    step(STEPS, STEPS)


def _close(instance: Instance, round_code: str) -> None:
    with instance.database.transaction() as session:
        survey_round = round_by_code(session, round_code)
        if survey_round.status != Status.CLOSED:
            instance.keys.read(round_code)  # without it the box could not be opened: refused while still open
            closing.close_round(session, survey_round)
            survey_round.closed_on = today()
        session.commit()


def _destroy_files(instance: Instance, round_code: str) -> Removals:
    with instance.database.transaction() as session:
        survey_round = round_by_code(session, round_code)
        removals = roll.destroy_outgoing_files(session, today(), survey_round=survey_round)
        destroy_files_of_round(session, instance.files, survey_round.id, today(), with_codes_only=True)
        session.commit()
    return removals


def _open_box(instance: Instance, round_code: str) -> None:
    with instance.database.transaction() as session:
        survey_round = round_by_code(session, round_code)
        if closing.is_sealed(session, survey_round):
            closing.open_box(session, survey_round, instance.keys.read(round_code))
        session.commit()


# --- in the background -----------------------------------------------------------------------------------------------


def refusal_words(code: str, params: Mapping[str, Any]) -> str:
    """Why a round was not closed."""
    said = str(params.get("said", ""))
    if code == "RoundNotOpen":
        return gettext("Đợt %(code)s không ở trạng thái đang mở nên không kết thúc được.", code=said)
    if code == "RoundKeyMissing":
        return gettext(
            "Không có khóa của đợt %(code)s trên máy chủ này nên chưa kết thúc được: không có khóa thì không ai mở "
            "được phiếu. Cần phục hồi thư mục khóa rồi kết thúc lại.",
            code=said,
        )
    if code == "SealBroken":
        return gettext("Có phiếu không mở được bằng khóa của đợt: khóa hoặc cơ sở dữ liệu đã bị thay đổi.")
    return gettext("Không kết thúc được đợt (%(code)s).", code=code)


def outcome_words(outcome: Mapping[str, Any]) -> str:
    """What was done, and what is left to do by hand."""
    said = gettext("Đợt đã kết thúc, khóa đã hủy: không đường liên kết nào dẫn tới phiếu nữa.")
    if n := outcome.get("files_to_find"):
        said += " " + gettext(
            "Còn %(n)s tệp có đường liên kết không thấy ở nơi đã ghi: cần tìm và hủy (xem trang Tệp).", n=n
        )
    return said


@job("close", title=_l("Kết thúc đợt điều tra"), refusal_words=refusal_words, outcome_words=outcome_words)
def close(run: Run) -> Facts:
    """Close the round of ``params["round_code"]``; a close that has begun is not cancelled half way."""
    left: list[roll.Removal] = []
    close_and_forget(run.instance, run.params["round_code"], tell=left.extend)
    still_there = [removal for removal in left if removal.fate != roll.Fate.DESTROYED]
    return {"files_destroyed": len(left) - len(still_there), "files_to_find": len(still_there)}
