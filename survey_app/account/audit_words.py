"""The actions of the audit log in words; an action of an older version that is not here is shown as its code."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from survey_app.account.role_words import ROLE_WORDS

AUDIT_WORDS = {
    "account.signed_in": _l("đăng nhập"),
    "account.sign_in_refused": _l("đăng nhập sai"),
    "account.signed_out": _l("đăng xuất"),
    "account.signed_out_everywhere": _l("đăng xuất khỏi mọi thiết bị"),
    "account.city_sign_in_refused": _l("đăng nhập qua Thành phố bị từ chối"),
    "account.password_changed": _l("đổi mật khẩu"),
    "account.second_factor_set_up": _l("đặt xác thực hai lớp"),
    "account.created": _l("tạo tài khoản"),
    "account.described": _l("sửa tên, thư điện tử của tài khoản"),
    "account.granted": _l("giao vai trò"),
    "account.revoked": _l("gỡ vai trò"),
    "account.password_reset": _l("cấp mật khẩu dùng một lần"),
    "account.second_factor_reset": _l("xóa xác thực hai lớp"),
    "account.disabled": _l("khóa tài khoản"),
    "account.enabled": _l("mở lại tài khoản"),
    "account.bound": _l("gắn với hệ thống đăng nhập của Thành phố"),
    "account.unbound": _l("gỡ khỏi hệ thống đăng nhập của Thành phố"),
    "list.uploaded": _l("tải lên danh sách mời"),
    "list.invited": _l("đưa danh sách vào danh sách mời"),
    "list.cleared": _l("bỏ danh sách mời"),
    "invitees.exported": _l("xuất danh sách người được mời"),
    "wave.released": _l("mời lượt dự phòng"),
    "invitation.revoked": _l("thu hồi thư mời"),
    "invitation.restored": _l("cho thư mời có hiệu lực trở lại"),
    "invitation.reissued": _l("in lại thư mời"),
    "letters.ordered": _l("lập tệp thư mời"),
    "words.changed": _l("sửa lời thư"),
    "calendar.decided": _l("quyết định ngày làm việc, ngày nghỉ"),
    "calendar.imported": _l("nhập lịch ngày nghỉ"),
    "calendar.taken_back": _l("bỏ quyết định về một ngày"),
    "data_request.received": _l("ghi nhận yêu cầu về dữ liệu cá nhân"),
    "data_request.searched": _l("tìm dữ liệu của người yêu cầu"),
    "data_request.person_shown": _l("xem dữ liệu của người yêu cầu"),
    "data_request.exported": _l("xuất dữ liệu của người yêu cầu"),
    "data_request.corrected": _l("sửa dữ liệu theo yêu cầu"),
    "data_request.deleted": _l("xóa dữ liệu theo yêu cầu"),
    "data_request.withdrawn": _l("ghi nhận việc rút lại sự đồng ý"),
    "data_request.resolved": _l("giải quyết xong yêu cầu về dữ liệu cá nhân"),
    "draw.people_read": _l("xem danh sách người được chọn vào mẫu"),
    "draw.invited": _l("đưa người được chọn vào danh sách mời"),
    "file.downloaded": _l("tải tệp về"),
    "file.destroyed": _l("hủy tệp"),
    "form.uploaded": _l("tải mẫu phiếu lên từ tệp"),
    "form.started": _l("tạo bản nháp mẫu phiếu"),
    "form.edited": _l("sửa bản nháp mẫu phiếu"),
    "form.undone": _l("hoàn tác một lần sửa bản nháp mẫu phiếu"),
    "form.published": _l("công bố phiên bản mẫu phiếu"),
    "form.discarded": _l("xóa bản nháp mẫu phiếu"),
    "frame.uploaded": _l("tải khung mẫu lên"),
    "frame.import": _l("ghép cột và nhập khung mẫu"),
    "frame.rows_read": _l("xem các dòng của khung mẫu"),
    "frame.deleted": _l("xóa khung mẫu"),
    "frame.drawn": _l("rút mẫu"),
    "job.cancelled": _l("dừng việc chạy nền"),
    "outcome.noted": _l("ghi kết quả mời của một người"),
    "outcome.imported": _l("ghi kết quả mời từ tệp"),
    "mailing.sent": _l("gửi đợt thư điện tử"),
    "mailing.tried_again": _l("gửi lại các thư chưa đi"),
    "mailing.bounces": _l("đọc thư báo không đến nơi"),
    "method.drafted": _l("soạn phiên bản phương pháp"),
    "method.edited": _l("sửa dự thảo phương pháp"),
    "method.proposed": _l("đề xuất phương pháp"),
    "method.approved": _l("ghi văn bản phê duyệt phương pháp"),
    "method.withdrawn": _l("rút bản đề xuất phương pháp"),
    "payments.list_made": _l("lập danh sách chi trả"),
    "payments.marked_paid": _l("ghi đã chi trả"),
    "payments.unmarked": _l("bỏ ghi đã chi trả"),
    "payments.exported": _l("xuất danh sách chi trả"),
    "payments.list_closed": _l("khóa danh sách chi trả"),
    "payments.list_deleted": _l("xóa danh sách chi trả"),
    "round.created": _l("tạo đợt điều tra"),
    "round.changed": _l("sửa đợt điều tra"),
    "round.units_chosen": _l("chọn đơn vị của đợt"),
    "round.group_saved": _l("lưu nhóm đối tượng"),
    "round.group_moved": _l("đổi thứ tự nhóm đối tượng"),
    "round.group_removed": _l("bỏ nhóm đối tượng"),
    "round.form_chosen": _l("chọn mẫu phiếu cho nhóm đối tượng"),
    "round.method_chosen": _l("chọn cách tính điểm"),
    "round.milestone_saved": _l("lưu mốc kế hoạch"),
    "round.milestone_ticked": _l("ghi mốc kế hoạch đã xong hoặc chưa xong"),
    "round.milestone_removed": _l("bỏ mốc kế hoạch"),
    "round.rehearsal_asked": _l("cho diễn tập"),
    "round.opened": _l("mở đợt điều tra"),
    "round.close_asked": _l("kết thúc đợt điều tra"),
    "round.score_asked": _l("yêu cầu tính điểm"),
    "round.scored": _l("tính điểm"),
    "round.published": _l("công bố kết quả"),
    "round.results_downloaded": _l("tải kết quả về"),
    "round.purged": _l("xóa dữ liệu cá nhân hết hạn lưu"),
    "sample_plan.saved": _l("lưu phương án chọn mẫu"),
    "sample_plan.adopted": _l("chọn phương án chọn mẫu"),
    "units.imported": _l("nhập danh sách đơn vị"),
    "units.removed": _l("xóa đơn vị"),
    "units.changes_imported": _l("nhập thay đổi về đơn vị"),
    "units.changes_removed": _l("bỏ thay đổi về đơn vị"),
}


def action_words(action: str) -> str:
    """An action in words."""
    return str(AUDIT_WORDS.get(action, action))


DETAIL_WORDS = {
    "role": _l("vai trò"),
    "round": _l("đợt điều tra"),
    "unit": _l("đơn vị"),
    "by": _l("bằng"),
    "tried": _l("đã thử"),
    "second_factor": _l("xác thực hai lớp"),
    "shut": _l("tạm khóa"),
    "alone": _l("xóa mật khẩu"),
    "n": _l("số lượng"),
    "group": _l("nhóm"),
    "file": _l("tệp"),
    "name": _l("tên"),
    "kind": _l("loại"),
    "ref": _l("số"),
    "draft": _l("bản nháp"),
    "version": _l("phiên bản"),
    "list": _l("danh sách"),
    "rows": _l("số dòng"),
    "frame": _l("khung mẫu"),
    "draw": _l("lần chọn"),
    "wave": _l("lượt"),
    "people": _l("số người"),
    "reserve": _l("dự phòng"),
    "format": _l("định dạng"),
    "language": _l("ngôn ngữ"),
    "found": _l("tìm thấy"),
    "plan": _l("phương án"),
    "decision": _l("văn bản"),
    "method": _l("phương pháp"),
    "source": _l("nguồn"),
    "mailing": _l("đợt thư"),
    "letters": _l("số thư"),
}
VALUE_WORDS = ROLE_WORDS | {
    "password": _l("mật khẩu"),
    "city": _l("hệ thống của Thành phố"),
    "second_factor": _l("mã xác thực"),
    "email": _l("thư điện tử"),
    "subject": _l("mã định danh"),
    "True": _l("có"),
    "False": _l("không"),
}


def detail_words(details: dict[str, Any]) -> str:
    """The details of an entry in one line; names and values that are not known here are shown as they are."""
    shown = (
        (DETAIL_WORDS.get(name, name), VALUE_WORDS.get(str(value), value))
        for name, value in details.items()
        if value is not None
    )
    return "; ".join(f"{name}: {value}" for name, value in shown)
