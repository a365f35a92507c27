"""What the services refuse, in words, Vietnamese first."""

from __future__ import annotations

import math

from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError

from instruments.faults import InstrumentErrors
from sampling.faults import StatisticsError
from scoring.faults import MethodError
from survey_app.config import MissingSetting
from survey_app.definitions import DefinitionError
from survey_app.queries.accounts import UnknownAccount, UnknownUnit
from survey_app.queries.ratings import BallotsSealed
from survey_app.queries.rounds import UnknownGroup, UnknownRound
from survey_app.security import RoundKeyMissing, SealBroken
from survey_app.services.closing import RoundNotClosed, RoundNotOpen
from survey_app.services.opening import RoundCannotOpen, SmallCell
from survey_app.services.roll import Fate, NobodyToInvite, RefTaken, Removal, RollClosed, RollFilled, WrongMode
from survey_app.services.rounds import RoundExists, UnitsDiffer, UnitsMissing
from survey_app.table_faults import TableFileError

SENTENCES: dict[type[Exception], str] = {
    MissingSetting: "Thiếu cài đặt / missing setting: {0}",
    DefinitionError: "Tệp định nghĩa có lỗi / the definition file has faults:\n{0}",
    UnknownAccount: "Không có tài khoản mang tên này / there is no such account: {0}",
    UnknownUnit: "Không có đơn vị này (thành phố/mã) / there is no such unit (city/code): {0}",
    UnknownRound: "Không có đợt điều tra mang mã này / no round has this code: {0}",
    UnknownGroup: "Đợt điều tra không có nhóm này / the round has no such group: {0}",
    RoundKeyMissing: (
        "Không có khóa của đợt {0}: đợt đã kết thúc hoặc thư mục khóa chưa được phục hồi / "
        "the key of round {0} is not here: it is closed, or the key folder was not restored"
    ),
    SealBroken: "Không mở được phiếu niêm phong / a sealed ballot does not open: {0}",
    BallotsSealed: (
        "Phiếu còn niêm phong: kết thúc đợt điều tra trước / the ballots are sealed: close the round first "
        "(survey round close)"
    ),
    RoundNotOpen: "Đợt {0} không ở trạng thái đang mở / round {0} is not open",
    RoundExists: "Đã có đợt điều tra mang mã {0} / there is already a round {0}",
    UnitsMissing: "Không có đơn vị nào thuộc khối này / no units in this block: {0}",
    UnitsDiffer: "Danh sách ghi khác với đơn vị đã có / the list says something else of units that are known: {0}",
    MethodError: "Mẫu phiếu không khớp với phương pháp tính điểm / the questionnaires do not feed the method:\n{0}",
    RollClosed: "Đợt {0} đã mở, không thêm người được nữa / round {0} is open; nobody can be added",
    RollFilled: "Nhóm {0} đã có danh sách mời / group {0} has been invited already",
    NobodyToInvite: "Danh sách mời của nhóm {0} trống / the list of people for group {0} is empty",
    RefTaken: (
        "Nhóm {0}: có số (ref) trùng trong danh sách hoặc với nhóm đã mời / "
        "group {0}: a ref stands twice, in this list or in a group that was invited before"
    ),
    WrongMode: "Nhóm không dùng cách mời này / the group is not invited in this way: {0}",
    RoundNotClosed: "Đợt {0} chưa kết thúc / round {0} is not closed yet",
    InstrumentErrors: "Mẫu phiếu có lỗi / the questionnaire has faults:\n{0}",
    ArgumentError: "DATABASE_URL không đọc được / cannot be read: {0}",
    OSError: "Không đọc hay ghi được tệp / a file cannot be read or written: {0}",
}

REMEDIES = {
    "pool": "ghép với đơn vị hoặc nhóm khác, hoặc mời thêm người / pool it with another unit or group, or invite more",
    "share_booklets": (
        "cho nhiều người dùng chung một tập đơn vị (tăng booklet_size) / let more people share a booklet "
        "(raise booklet_size)"
    ),
    "coarsen_background": (
        "gộp các mức trả lời hoặc bỏ câu hỏi nhân thân {background} / coarsen or drop the background question "
        "{background}"
    ),
}
REASONS = {
    "not_a_draft": "Đợt điều tra không ở trạng thái dự thảo / the round is not a draft",
    "nobody_invited": "Nhóm chưa có ai được mời / nobody is invited yet in: {groups}",
    "small_cells": (
        "Chưa mở được: người trả lời ở các ô sau có thể bị nhận ra (ít hơn {k} người giống nhau) / "
        "cannot open: people in these cells could be told apart (fewer than {k} alike)"
    ),
}


FATES = {
    Fate.DESTROYED: "đã hủy / destroyed: {path}",
    Fate.NOT_FOUND: "không thấy, xin tìm và hủy / not found: find and destroy it: {path}",
    Fate.STILL_THERE: "không xóa được ({reason}), xin tự hủy / cannot be removed, destroy it yourself: {path}",
}


def fate_in_words(removal: Removal) -> str:
    """What became of a file with links, and what is left to do."""
    return FATES[removal.fate].format(path=removal.path, reason=removal.reason)


def in_words(error: Exception) -> str:
    """The refusal as a sentence, with what would mend it; an error that is none of these is ours, and is raised."""
    if isinstance(error, RoundCannotOpen):
        return _cannot_open(error)
    if isinstance(error, OperationalError | ProgrammingError):
        return _database_refused(error)
    if isinstance(error, StatisticsError | TableFileError):
        return f"{error.message('vi')}\n{error.message('en')}"
    for kind, sentence in SENTENCES.items():
        if isinstance(error, kind):
            return sentence.format(error)
    raise error


def _database_refused(error: DBAPIError) -> str:
    """What the database said, without the statement; a table that is missing comes with the next migration."""
    said = str(error.orig).strip().partition("\n")[0]
    if "no such table" in said or "no such column" in said or type(error.orig).__name__.startswith("Undefined"):
        said += "\n→ survey migrate"
    return f"Không làm việc được với cơ sở dữ liệu / the database refused: {said}"


def _cannot_open(error: RoundCannotOpen) -> str:
    k = error.cells[0].min_cell if error.cells else 0
    head = REASONS[error.reason].format(groups=", ".join(error.groups), k=k)
    return "\n".join([head, *(_small_cell(cell) for cell in error.cells)])


def _small_cell(cell: SmallCell) -> str:
    background = ", ".join(cell.background)
    kinds = cell.n_backgrounds if math.isfinite(cell.n_backgrounds) else "vô số / any number"
    split = f", chia cho / split by {kinds} ({background})" if background else ""
    remedies = "; ".join(REMEDIES[code].format(background=background) for code in cell.remedies)
    return f"- {cell.group_code} / {cell.cell_code}: {cell.n_invited} người / people{split}. → {remedies}"
