"""What is wrong with an uploaded file, in words: what was found, and what to do."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from survey_app.uploads.faults import CellFault

WORDS: dict[str, Any] = {
    # the file
    "empty_file": _l("Tệp trống, không có ô nào có dữ liệu."),
    "unknown_suffix": _l("Không đọc được loại tệp “%(suffix)s”. Hãy dùng tệp .xlsx hoặc .csv."),
    "old_format": _l("Tệp không ở dạng .xlsx. Hãy mở bằng Excel, chọn Lưu thành (Save As) và lưu lại dạng .xlsx."),
    "macros": _l("Tệp có macro nên không được nhận. Hãy mở bằng Excel và lưu lại dạng .xlsx (không có macro)."),
    "password": _l("Tệp đặt mật khẩu nên không đọc được. Hãy bỏ mật khẩu trong Excel rồi tải lên lại."),
    "not_xlsx": _l("Nội dung không phải là một tệp Excel .xlsx, dù tên tệp ghi như vậy. Hãy lưu lại bằng Excel."),
    "not_csv": _l("Nội dung không phải là tệp CSV, dù tên tệp ghi như vậy. Hãy lưu lại dạng .xlsx."),
    "html_file": _l("Tệp là một trang web (HTML), không phải bảng. Hãy mở bằng Excel và lưu lại dạng .xlsx."),
    "not_text": _l("Tệp không phải là văn bản nên không đọc được như CSV. Hãy lưu lại dạng .xlsx."),
    "zip_bomb": _l(
        "Tệp giải nén ra quá lớn (%(megabytes)s MB) so với cỡ của nó nên không được mở. "
        "Hãy chép riêng bảng cần dùng sang một tệp mới."
    ),
    "entities": _l("Tệp chứa khai báo XML mà Excel không bao giờ ghi nên không được mở. Hãy lưu lại bằng Excel."),
    "unreadable": _l("Không đọc được tệp %(kind)s: tệp có thể bị hỏng. Hãy mở bằng Excel và lưu lại."),
    "no_such_sheet": _l("Không có trang tính “%(sheet)s”. Tệp có: %(known)s."),
    "too_many_rows": _l("Có %(rows)s dòng, nhiều hơn mức %(most)s dòng cho một lần. Hãy chia thành nhiều tệp."),
    "too_wide": _l(
        "Có ô có dữ liệu ở rất xa bảng (cột thứ %(columns)s). Hãy xóa các ô đó hoặc chép riêng bảng sang một tệp mới."
    ),
    "too_large": _l("Tệp lớn hơn %(megabytes)s MB. Hãy bỏ bớt hình ảnh, trang tính không dùng, hoặc chia nhỏ tệp."),
    "no_file": _l("Chưa chọn tệp nào."),
    "encoding": _l(
        "Không nhận ra bảng mã chữ Việt của tệp (dòng %(line)s). Trong Excel, hãy lưu lại dạng “CSV UTF-8” hoặc .xlsx."
    ),
    "encoding_ambiguous": _l(
        "Chữ ở dòng %(line)s có thể đọc theo hai bảng mã khác nhau nên hệ thống không đoán. "
        "Trong Excel, hãy lưu lại dạng “CSV UTF-8” hoặc .xlsx."
    ),
    "no_header": _l("Không tìm thấy dòng tiêu đề: dòng đầu của bảng phải ghi tên các cột bằng chữ."),
    "no_rows": _l("Có dòng tiêu đề nhưng không có dòng dữ liệu nào."),
    "missing_column": _l("Thiếu cột “%(column)s”. Tệp có các cột: %(known)s."),
    "repeated_column": _l("Có nhiều cột cùng là “%(column)s”. Hãy giữ lại một cột."),
    "more_faults": _l("Còn ít nhất %(n)s lỗi khác chưa liệt kê."),
    # a cell
    "repeated_heading": _l("Tên cột “%(heading)s” đã có ở ô %(other)s. Mỗi cột cần một tên riêng."),
    "unnamed_column": _l("Cột này có dữ liệu nhưng chưa có tên. Hãy ghi tên cột hoặc xóa cột."),
    "merged_cells": _l("Các ô bị gộp. Hãy bỏ gộp ô (Unmerge Cells) và ghi đủ giá trị vào từng ô."),
    "error_cell": _l("Ô báo lỗi %(value)s. Hãy sửa công thức hoặc ghi thẳng giá trị."),
    "formula_not_computed": _l("Công thức chưa được tính. Hãy mở tệp bằng Excel và lưu lại, hoặc ghi thẳng giá trị."),
    "control_character": _l("Ô có ký tự điều khiển không nhìn thấy (“%(value)s”). Hãy gõ lại nội dung ô."),
    "mojibake": _l("Chữ bị hỏng bảng mã (“%(value)s”). Hãy lấy lại từ tệp gốc và lưu dạng .xlsx."),
    "tcvn3": _l("Chữ gõ theo bảng mã cũ TCVN3 (“%(value)s”). Hãy chuyển sang Unicode rồi tải lên lại."),
    "digits_lost": _l("Số %(value)s dài hơn 15 chữ số nên Excel đã làm mất chữ số cuối. Hãy nhập lại ở dạng văn bản."),
    "leading_zero_lost": _l(
        "Mã “%(value)s” có thể đã mất số 0 ở đầu; mã đúng có lẽ là “%(suggested)s”. "
        "Hãy định dạng cột là Văn bản (Text) rồi nhập lại."
    ),
    "date_as_text": _l(
        "Ngày “%(value)s” đang ở dạng văn bản. Nếu là ngày %(suggested)s (năm-tháng-ngày), "
        "hãy nhập lại dạng ngày hoặc ghi đúng như vậy."
    ),
    "not_a_day": _l("“%(value)s” không phải là ngày. Hãy ghi dạng ngày của Excel, hoặc năm-tháng-ngày: 2026-07-01."),
    "not_a_whole_number": _l("“%(value)s” không phải là số nguyên từ 0 trở lên. Hãy ghi chữ số, không có dấu chấm."),
    "not_a_share": _l("“%(value)s” không phải là tỷ lệ lớn hơn 0 và không quá 1 (0,25 hoặc 25%%)."),
    "empty_cell": _l("Ô này không được để trống."),
    "not_one_of": _l("“%(value)s” không thuộc danh mục: %(known)s."),
    "repeated_value": _l("“%(value)s” đã có ở ô %(other)s; mỗi giá trị chỉ được ghi một lần."),
    # payment lists
    "not_above_zero": _l("Số lượng phải từ 1 trở lên."),
    "amount_too_large": _l("Số tiền một dòng vượt quá %(most)s đồng. Hãy kiểm tra lại đơn giá và số lượng."),
    # lists of units
    "odd_code": _l("Mã “%(value)s” có ký tự lạ. Mã chỉ gồm chữ, số và các dấu . - _, không có dấu cách."),
    "new_unit_incomplete": _l("Mã “%(value)s” chưa có trong danh sách; đơn vị mới phải ghi đủ: %(columns)s."),
    "unit_fixed": _l(
        "Một đợt điều tra đã mở có đơn vị “%(value)s”, nên tên, loại và khối của đơn vị không đổi được nữa. "
        "Hãy ghi lại như cũ; dân số vẫn sửa được."
    ),
    "text_too_long": _l("Nội dung dài quá %(most)s ký tự."),
    "unknown_unit": _l("Không có đơn vị mang mã “%(value)s”. Hãy nhập danh sách đơn vị trước."),
    "share_needed": _l("Đơn vị cũ này có nhiều dòng nên phải ghi tỷ lệ ở từng dòng."),
    "shares_do_not_add_up": _l("Các tỷ lệ của đơn vị cũ “%(value)s” cộng lại bằng %(total)s; tổng phải bằng 1."),
}


def fault_words(fault: CellFault) -> str:
    """The fault in the language of this request, without its cell."""
    if fault.code not in WORDS:
        return str(gettext("Ô này có lỗi (%(code)s).", code=fault.code))
    return str(WORDS[fault.code]) % dict(fault.params)
