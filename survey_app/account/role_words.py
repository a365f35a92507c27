"""The roles in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from survey_app.roles import Role

ROLE_WORDS = {
    Role.ADMINISTRATOR.value: _l("Quản trị hệ thống"),
    Role.RESEARCHER.value: _l("Nghiên cứu viên"),
    Role.SUPERVISOR.value: _l("Giám sát"),
    Role.INTERVIEWER.value: _l("Điều tra viên"),
    Role.ENTRY_CLERK.value: _l("Nhập liệu"),
    Role.FIELD_SUPERVISOR.value: _l("Tổ trưởng điều tra"),
    Role.UNIT_ACCOUNT.value: _l("Đơn vị được đánh giá"),
    Role.APPRAISER.value: _l("Thẩm định"),
}
"""Role -> words."""

ROLE_DUTIES = {
    Role.ADMINISTRATOR.value: _l("tài khoản, nhật ký, cài đặt; không xem kết quả và thông tin liên hệ"),
    Role.RESEARCHER.value: _l("đợt điều tra từ thiết kế đến tính điểm"),
    Role.SUPERVISOR.value: _l("xem tiến độ và chất lượng, không sửa gì; không kiêm việc thu thập"),
    Role.INTERVIEWER.value: _l("hỏi trực tiếp"),
    Role.ENTRY_CLERK.value: _l("nhập phiếu giấy"),
    Role.FIELD_SUPERVISOR.value: _l("phân công và kiểm tra điều tra viên"),
    Role.UNIT_ACCOUNT.value: _l("tự đánh giá, xem kết quả của đơn vị mình; phải chọn đơn vị"),
    Role.APPRAISER.value: _l("Tổ công tác, Hội đồng thẩm định"),
}
"""Role -> what whoever has it does."""
