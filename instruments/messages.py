"""The words of every fault, in Vietnamese and in English: what is wrong and what would mend it.

Kept as data so that the command line and the web say the same; ``{name}`` is filled from the fault's parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from instruments.messages_answers import ANSWER_MESSAGES
from instruments.messages_checking import CHECKING_MESSAGES

PLACES: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "line": "dòng",
        "sheet": "trang tính",
        "row": "hàng",
        "column": "cột",
        "name": "tên",
        "file": "tệp",
        "warning": "cảnh báo:",
    },
    "en": {
        "line": "line",
        "sheet": "sheet",
        "row": "row",
        "column": "column",
        "name": "name",
        "file": "file",
        "warning": "warning:",
    },
}

_READING: Mapping[str, Mapping[str, str]] = {
    "unknown_file_form": {
        "vi": "tệp có đuôi “{suffix}” không đọc được; hãy dùng .yaml hoặc .xlsx",
        "en": "a file ending in “{suffix}” cannot be read; use .yaml or .xlsx",
    },
    "not_utf8": {
        "vi": "tệp không ở bảng mã UTF-8 (từ byte {position}); hãy lưu lại với bảng mã UTF-8",
        "en": "the file is not UTF-8 (from byte {position}); save it again as UTF-8",
    },
    "not_a_workbook": {
        "vi": "không mở được tệp như một bảng tính .xlsx ({detail}); hãy lưu lại dưới dạng .xlsx",
        "en": "the file does not open as an .xlsx workbook ({detail}); save it again as .xlsx",
    },
    "yaml_syntax": {
        "vi": "không đọc được YAML: {detail}; hãy kiểm tra thụt dòng, dấu hai chấm và dấu nháy",
        "en": "the YAML cannot be read: {detail}; check indentation, colons and quotes",
    },
    "yaml_alias": {
        "vi": "không dùng bí danh YAML (&, *); hãy viết đầy đủ nội dung",
        "en": "YAML aliases (&, *) are not used here; write the content out",
    },
    "not_a_mapping": {
        "vi": "ở đây cần các dòng “khóa: giá trị”",
        "en": "lines of “key: value” are needed here",
    },
    "not_a_list": {
        "vi": "ở đây cần một danh sách, mỗi mục bắt đầu bằng “- ”",
        "en": "a list is needed here, each item starting with “- ”",
    },
    "not_text": {
        "vi": "“{column}” cần một giá trị đơn, không phải danh sách hay nhóm khóa",
        "en": "“{column}” needs a single value, not a list or a mapping",
    },
    "duplicate_key": {
        "vi": "khóa “{key}” xuất hiện hai lần; hãy giữ một",
        "en": "the key “{key}” is given twice; keep one",
    },
    "unknown_key": {
        "vi": "không có phần “{key}”; các phần của tệp là {known}",
        "en": "there is no part “{key}”; a file has {known}",
    },
    "not_a_section": {
        "vi": "mỗi mục của survey cần “group: tên” hoặc “repeat: tên” và danh sách questions",
        "en": "each item of survey needs “group: name” or “repeat: name” and a list of questions",
    },
    "missing_sheet": {
        "vi": "thiếu trang tính “{sheet}”; hãy thêm trang này",
        "en": "the sheet “{sheet}” is missing; add it",
    },
    "sheet_too_large": {
        "vi": "trang tính trải trên {rows} hàng và {columns} cột; hãy xóa các ô ở xa bảng rồi lưu lại",
        "en": "the sheet stretches over {rows} rows and {columns} columns; delete the cells far from the table",
    },
    "unknown_sheet": {
        "vi": "không có trang tính “{sheet}” trong XLSForm; hãy xóa, hoặc đặt tên bắt đầu bằng _ để bỏ qua",
        "en": "XLSForm has no sheet “{sheet}”; delete it, or start its name with _ to have it ignored",
    },
    "unsupported_sheet": {
        "vi": "trang tính “{sheet}” không được hỗ trợ; hãy đưa các lựa chọn vào trang choices và xóa trang này",
        "en": "the sheet “{sheet}” is not supported; put the choices on the sheet choices and delete it",
    },
    "second_settings_row": {
        "vi": "trang settings chỉ có một hàng giá trị; hãy xóa hàng này",
        "en": "the sheet settings has one row of values; delete this one",
    },
    "no_header": {
        "vi": "ô có giá trị “{value}” nhưng cột không có tiêu đề; hãy đặt tiêu đề hoặc xóa ô",
        "en": "the cell holds “{value}” but its column has no header; give it one or delete the cell",
    },
    "column_twice": {
        "vi": "cột “{column}” xuất hiện hai lần; hãy giữ một",
        "en": "the column “{column}” is given twice; keep one",
    },
    "formula_cell": {
        "vi": "ô chứa công thức “{value}”; hãy thay bằng giá trị",
        "en": "the cell holds the formula “{value}”; replace it by its value",
    },
    "missing_setting": {
        "vi": "thiếu “{setting}” trong settings; hãy điền",
        "en": "“{setting}” is missing in settings; fill it in",
    },
    "unsupported_setting": {
        "vi": "thiết lập “{setting}” không được hỗ trợ; hãy bỏ cột này",
        "en": "the setting “{setting}” is not supported; remove it",
    },
    "misspelt_setting": {
        "vi": "không có thiết lập “{setting}”; có phải “{likely}”?",
        "en": "there is no setting “{setting}”; is it “{likely}”?",
    },
    "language_code": {
        "vi": "không rõ ngôn ngữ “{language}”; hãy viết mã ngôn ngữ, ví dụ label::Tiếng Việt (vi) hoặc label::en",
        "en": "the language “{language}” has no code; write label::English (en) or label::en, for example",
    },
    "language_twice": {
        "vi": "có hai nội dung cho cùng ngôn ngữ “{language}”; hãy giữ một",
        "en": "the language “{language}” is given twice; keep one",
    },
    "missing_type": {
        "vi": "thiếu loại câu hỏi; hãy chọn một trong: {supported}",
        "en": "the question has no type; choose one of {supported}",
    },
    "unknown_type": {
        "vi": "không có loại “{type}”; hãy dùng: {supported}",
        "en": "there is no type “{type}”; use {supported}",
    },
    "unsupported_type": {
        "vi": "loại “{type}” của XLSForm không được hỗ trợ; hãy bỏ câu này hoặc dùng một trong: {supported}",
        "en": "the XLSForm type “{type}” is not supported; remove the question or use one of {supported}",
    },
    "metadata_time": {
        "vi": "“{type}” ghi thời điểm trả lời đến từng giây nên có thể lộ người trả lời; hãy bỏ hàng này "
        "(hệ thống chỉ giữ ngày)",
        "en": "“{type}” records to the second when someone answered, which can reveal who it was; remove this row "
        "(only the day is kept)",
    },
    "metadata_day": {
        "vi": "“{type}” không cần thiết: hệ thống đã giữ ngày gửi phiếu; hãy bỏ hàng này, trong biểu thức dùng today()",
        "en": "“{type}” is not needed: the day of a ballot is kept anyway; remove this row, use today() in expressions",
    },
    "metadata_identity": {
        "vi": "“{type}” ghi lại người, máy hoặc nơi trả lời nên phá vỡ tính ẩn danh; hãy bỏ hàng này",
        "en": "“{type}” records the person, device or place that answers and so breaks anonymity; remove this row",
    },
    "metadata_audit": {
        "vi": "“{type}” ghi từng thao tác và thời điểm của người trả lời nên phá vỡ tính ẩn danh; hãy bỏ hàng này",
        "en": "“{type}” records every step of a respondent and its time and so breaks anonymity; remove this row",
    },
    "missing_list": {
        "vi": "“{type}” chưa nêu danh sách lựa chọn; hãy viết ví dụ “{type} hai_long5”",
        "en": "“{type}” names no choice list; write “{type} satisfaction5”, for example",
    },
    "missing_name": {
        "vi": "thiếu tên (name); hãy đặt một tên ngắn không dấu",
        "en": "the name is missing; give a short one in plain letters",
    },
    "missing_choice_name": {
        "vi": "lựa chọn thiếu list_name hoặc name; hãy điền",
        "en": "the choice lacks its list_name or name; fill it in",
    },
    "unknown_column": {
        "vi": "cột “{column}” không được hỗ trợ ở {kind}; hãy bỏ cột này (các cột dùng được: {known})",
        "en": "the column “{column}” is not supported for a {kind}; remove it (supported: {known})",
    },
    "column_not_here": {
        "vi": "cột “{column}” không dùng cho {kind}; hãy để trống ô này",
        "en": "the column “{column}” does not apply to a {kind}; leave this cell empty",
    },
    "repeat_count": {
        "vi": "repeat ở đây luôn lặp theo đơn vị được đánh giá; hãy bỏ “{column}” (dùng units_from để chọn đơn vị)",
        "en": "a repeat always runs over the rated units; remove “{column}” (units_from picks the units)",
    },
    "unsupported_choice_column": {
        "vi": "cột “{column}” không được hỗ trợ cho lựa chọn; hãy bỏ cột này",
        "en": "the column “{column}” is not supported for choices; remove it",
    },
    "reserved_list": {
        "vi": "danh sách “{list}” có sẵn (các đơn vị được đánh giá); hãy đặt tên khác",
        "en": "the list “{list}” is built in (the rated units); choose another name",
    },
    "empty_list": {
        "vi": "danh sách “{list}” không có lựa chọn nào; hãy thêm lựa chọn hoặc xóa danh sách",
        "en": "the list “{list}” has no choices; add some or delete the list",
    },
    "not_yes_no": {
        "vi": "“{column}” cần yes hoặc no, không phải “{value}”",
        "en": "“{column}” takes yes or no, not “{value}”",
    },
    "not_one_of": {
        "vi": "“{value}” không dùng được; hãy chọn một trong: {known}",
        "en": "“{value}” is not known; choose one of {known}",
    },
    "unsupported_parameter": {
        "vi": "tham số “{parameter}” không dùng được; chỉ loại range có start=… end=… step=…, mỗi tham số một lần",
        "en": "the parameter “{parameter}” is not supported; only range takes start=… end=… step=…, each once",
    },
    "not_a_parameter_number": {
        "vi": "tham số “{parameter}” cần một số, ví dụ start=0",
        "en": "the parameter “{parameter}” needs a number, such as start=0",
    },
    "group_appearance": {
        "vi": "kiểu hiển thị “{value}” không dùng cho nhóm; mỗi nhóm luôn là một trang: để trống hoặc field-list",
        "en": "the appearance “{value}” does not apply to groups; each is one page: leave it empty or field-list",
    },
    "question_outside_section": {
        "vi": "câu hỏi nằm ngoài mọi nhóm; hãy đặt giữa begin_group và end_group",
        "en": "the question stands outside any group; put it between begin_group and end_group",
    },
    "nested_section": {
        "vi": "{inner} nằm trong {outer} không được hỗ trợ; hãy kết thúc phần trước rồi mới bắt đầu phần này",
        "en": "a {inner} inside a {outer} is not supported; end the outer one before this begins",
    },
    "end_without_begin": {
        "vi": "end_{kind} không có begin_{kind} tương ứng; hãy xóa hàng này",
        "en": "end_{kind} has no begin_{kind}; delete this row",
    },
    "end_mismatch": {
        "vi": "end_{kind} kết thúc một phần thuộc loại khác; hãy sửa cho khớp với hàng begin",
        "en": "end_{kind} ends a section of the other kind; make it match its begin row",
    },
    "section_not_ended": {
        "vi": "begin_{kind} chưa được kết thúc; hãy thêm end_{kind}",
        "en": "begin_{kind} is never ended; add end_{kind}",
    },
}

MESSAGES: Mapping[str, Mapping[str, str]] = {**_READING, **CHECKING_MESSAGES, **ANSWER_MESSAGES}
"""Fault code -> language -> template."""
