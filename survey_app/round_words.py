"""The words for what a round consists of, and for what the services refuse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from survey_app.i18n import words
from survey_app.models.rounds import Mode, Purpose, RatingScope, SurveyRound
from survey_app.services.opening import SmallCell
from survey_app.services.stages import Obstacle

SHOWN_CELLS = 5  # codes of cells that are named in a line

MODES: dict[str, Any] = {
    Mode.PERSONAL_LINK: _l("Liên kết cá nhân (nhóm kín)"),
    Mode.OPEN_LINK: _l("Liên kết chung, áp phích QR (nhóm mở)"),
}
SCOPES: dict[str, Any] = {
    RatingScope.ALL_UNITS: _l("Mọi đơn vị của đợt"),
    RatingScope.ALL_BUT_OWN: _l("Mọi đơn vị trừ đơn vị của mình"),
    RatingScope.OWN: _l("Đơn vị của mình"),
    RatingScope.BOOKLET: _l("Một tập đơn vị được chia"),
    RatingScope.CHOSEN: _l("Đơn vị do người trả lời chọn"),
}
PURPOSES: dict[str, Any] = {
    Purpose.REAL: _l("điều tra chính thức"),
    Purpose.REHEARSAL: _l("diễn tập"),
    Purpose.PILOT: _l("điều tra thử"),
}
CITIES: dict[str, Any] = {"hanoi": _l("Hà Nội"), "hai_phong": _l("Hải Phòng")}

OBSTACLES: dict[str, Any] = {
    "closed_before_today": _l("Ngày kết thúc đã qua. Hãy sửa thời gian của đợt."),
    "texts_missing": _l("Chưa ghi điều phải cho người trả lời biết: %(names)s. Hãy sửa thông tin của đợt."),
    "no_units": _l("Chưa có đơn vị nào được đánh giá. Hãy chọn đơn vị."),
    "no_groups": _l("Chưa có nhóm đối tượng điều tra. Hãy thêm nhóm."),
    "form_faults": _l("Mẫu phiếu của nhóm “%(group)s” có lỗi: %(faults)s"),
    "method_unfed": _l("Mẫu phiếu không cung cấp đủ câu hỏi cho phương pháp %(method)s: %(faults)s"),
    "blocks_unranked": _l("Phương pháp %(method)s không xếp hạng khối: %(blocks)s"),
    "nobody_invited": _l("Nhóm “%(group)s” chưa có ai được mời. Hãy nhập danh sách mời hoặc rút mẫu."),
}
TOLD: dict[str, Any] = {
    "title": _l("tên đợt"),
    "asked_by": _l("cơ quan hỏi"),
    "contact": _l("cách liên hệ"),
    "legal_basis": _l("căn cứ"),
    "results_when": _l("khi nào có kết quả"),
}
REMEDIES: dict[str, Any] = {
    "pool": _l("ghép với đơn vị hoặc nhóm khác, hoặc mời thêm người"),
    "share_booklets": _l("cho nhiều người dùng chung một tập đơn vị (tăng số đơn vị mỗi tập)"),
    "coarsen_background": _l("gộp các mức trả lời hoặc bỏ câu hỏi nhân thân %(background)s"),
}
STAGE_NAMES: dict[str, Any] = {
    "draft": _l("dự thảo"),
    "open": _l("đang mở"),
    "closed": _l("đã kết thúc"),
    "scored": _l("đã tính điểm"),
    "published": _l("đã công bố"),
}


def titles_of(survey_round: SurveyRound) -> dict[str, str]:
    """The groups of a round by their codes, in the language of the request."""
    return {group.code: words(group.title) for group in survey_round.groups}


def obstacles_in_words(obstacles: Iterable[Obstacle], titles: Mapping[str, str]) -> list[str]:
    """Why a round cannot be opened, and what would mend it; small cells that are small alike share a line."""
    listed = tuple(obstacles)
    small = [obstacle.cell for obstacle in listed if obstacle.cell is not None]
    return [_obstacle(one, titles) for one in listed if one.cell is None] + small_cells_in_words(small, titles)


def _obstacle(obstacle: Obstacle, titles: Mapping[str, str]) -> str:
    params = dict(obstacle.params)
    if "group" in params:
        params["group"] = titles.get(params["group"], params["group"])
    if "day" in params:
        params["day"] = f"{params['day']:%d/%m/%Y}"
    if "names" in params:
        params["names"] = ", ".join(str(TOLD[name]) for name in params["names"])
    return str(OBSTACLES[obstacle.code]) % params


def small_cells_in_words(cells: Iterable[SmallCell], titles: Mapping[str, str]) -> list[str]:
    """Whom a ballot would tell apart, and what would mend it, the mildest first: a line for each reason."""
    alike: dict[tuple[object, ...], list[SmallCell]] = {}
    for cell in cells:
        reason = (cell.group_code, cell.background, cell.n_backgrounds, cell.min_cell, cell.remedies)
        alike.setdefault(reason, []).append(cell)
    return [_small_cells(found, titles) for found in alike.values()]


def _small_cells(cells: list[SmallCell], titles: Mapping[str, str]) -> str:
    """Cells of one group that are small for the same reason."""
    first, background = cells[0], ", ".join(cells[0].background)
    named = ", ".join(cell.cell_code for cell in cells[:SHOWN_CELLS])
    if len(cells) > SHOWN_CELLS:
        named = _("%(named)s … và %(n)s ô khác", named=named, n=len(cells) - SHOWN_CELLS)
    fewest, most = min(cell.n_invited for cell in cells), max(cell.n_invited for cell in cells)
    params = {
        "group": titles.get(first.group_code, first.group_code),
        "named": named,
        "n": str(fewest) if fewest == most else f"{fewest}–{most}",
        "split": _split(first, background),
        "k": first.min_cell,
        "remedies": "; ".join(str(REMEDIES[code]) % {"background": background} for code in first.remedies),
    }
    return ngettext(
        "%(group)s: ô %(named)s có %(n)s người%(split)s, dưới mức tối thiểu %(k)s. Cách khắc phục: %(remedies)s.",
        "%(group)s: %(num)s ô có %(n)s người%(split)s, dưới mức tối thiểu %(k)s (%(named)s). "
        "Cách khắc phục: %(remedies)s.",
        len(cells),
        **params,
    )


def _split(cell: SmallCell, background: str) -> str:
    if not cell.background:
        return ""
    if math.isinf(cell.n_backgrounds):
        return _(", câu hỏi nhân thân (%(names)s) còn tách nhỏ hơn nữa", names=background)
    return _(", chia cho %(n)s loại theo %(names)s", n=f"{cell.n_backgrounds:.0f}", names=background)


def refusal_words(code: str, _params: object = None) -> str:
    """What a service refuses, as a sentence."""
    return str(REFUSALS.get(code, _l("Chưa thực hiện được: trạng thái của đợt đã thay đổi. Hãy tải lại trang.")))


REFUSALS: dict[str, Any] = {
    "NotADraft": _l("Đợt đã mở nên không sửa được nữa: đó là điều người trả lời đã được báo."),
    "GroupTaken": _l("Đợt đã có nhóm mang mã này."),
    "GroupInUse": _l("Nhóm đã có người được mời, khung mẫu hoặc lần rút mẫu. Hãy bỏ những thứ đó trước."),
    "DaysOutOfOrder": _l("Ngày kết thúc phải sau hoặc bằng ngày bắt đầu."),
    "RoundExists": _l("Đã có đợt điều tra mang mã này."),
    "KeyTaken": _l("Thư mục khóa còn khóa của một đợt khác cùng mã. Hãy chọn mã khác."),
    "UnitsMissing": _l("Thành phố chưa có đơn vị nào thuộc khối của mẫu này. Hãy nhập danh sách đơn vị trước."),
    "UnitsDiffer": _l("Danh sách đơn vị kèm theo mẫu ghi khác với đơn vị đã có. Hãy kiểm tra trang Đơn vị."),
    "InstrumentErrors": _l("Mẫu phiếu kèm theo có lỗi."),
    "MethodError": _l("Mẫu phiếu không khớp với phương pháp tính điểm."),
    "NotInStage": _l("Đợt không ở giai đoạn thích hợp cho bước này."),
    "RoundNotClosed": _l("Đợt chưa kết thúc."),
    "BoxSealed": _l("Thùng phiếu chưa mở xong: hãy chạy lại việc kết thúc đợt."),
    "NoDecision": _l("Hãy ghi số và ngày của quyết định."),
    "SilentGroupsUnseen": _l("Hãy đánh dấu là đã xem các nhóm chưa có phiếu nào."),
    "NothingToRehearse": _l("Chỉ chơi thử được với đợt điều tra chính thức."),
    "NothingToPublish": _l("Diễn tập và điều tra thử không có kết quả để công bố."),
    "BallotsSealed": _l("Phiếu còn niêm phong: hãy kết thúc đợt trước."),
    "RoundNotOpen": _l("Chỉ đợt đang mở mới kết thúc được."),
    "RoundKeyMissing": _l("Không thấy khóa của đợt: thư mục khóa chưa được phục hồi."),
}
