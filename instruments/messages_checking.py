"""The words of the faults that checking finds in a questionnaire that could be read."""

from __future__ import annotations

from collections.abc import Mapping

CHECKING_MESSAGES: Mapping[str, Mapping[str, str]] = {
    "invalid_form_id": {
        "vi": "form_id “{form_id}” không hợp lệ; hãy dùng chữ cái không dấu, số, _ và -, bắt đầu bằng chữ cái",
        "en": "the form_id “{form_id}” is not valid; use plain letters, digits, _ and -, beginning with a letter",
    },
    "title_not_in_default_language": {
        "vi": "tên phiếu chưa có bằng ngôn ngữ mặc định “{language}”; hãy thêm hoặc đổi default_language",
        "en": "the title is missing in the default language “{language}”; add it or change default_language",
    },
    "no_sections": {
        "vi": "phiếu chưa có phần nào; hãy thêm ít nhất một group hoặc repeat có câu hỏi",
        "en": "the form has no sections; add at least one group or repeat with questions",
    },
    "empty_section": {
        "vi": "phần này không có câu hỏi nào để hiển thị; hãy thêm câu hỏi hoặc xóa phần này",
        "en": "the section has no questions to show; add some or delete it",
    },
    "unused_list": {
        "vi": "không câu hỏi nào dùng danh sách “{list}”; hãy xóa hoặc kiểm tra tên danh sách",
        "en": "no question uses the list “{list}”; delete it or check its name",
    },
    "invalid_list_name": {
        "vi": "tên danh sách “{list}” không hợp lệ; hãy dùng chữ cái không dấu, số, _ . -, không có dấu cách",
        "en": "the list name “{list}” is not valid; use plain letters, digits, _ . -, and no spaces",
    },
    "invalid_choice_name": {
        "vi": "tên lựa chọn “{choice}” không hợp lệ; hãy dùng chữ cái không dấu, số, _ . -, không có dấu cách",
        "en": "the choice name “{choice}” is not valid; use plain letters, digits, _ . -, and no spaces",
    },
    "duplicate_choice": {
        "vi": "lựa chọn “{choice}” xuất hiện hai lần trong danh sách; hãy đổi tên một",
        "en": "the choice “{choice}” is given twice in the list; rename one",
    },
    "invalid_name": {
        "vi": "tên “{name}” không hợp lệ; hãy dùng chữ cái không dấu, số và _, bắt đầu bằng chữ cái",
        "en": "the name “{name}” is not valid; use plain letters, digits and _, beginning with a letter",
    },
    "reserved_name": {
        "vi": "tên “{name}” đã được hệ thống dùng cho việc khác; hãy đặt tên khác, ví dụ {name}_1",
        "en": "the name “{name}” is used by the system itself; choose another, such as {name}_1",
    },
    "long_name": {
        "vi": "tên dài {length} ký tự; Stata chỉ nhận tối đa {most}, nên rút ngắn",
        "en": "the name has {length} characters; Stata takes {most} at most, so shorten it",
    },
    "duplicate_name": {
        "vi": "tên “{name}” xuất hiện hai lần (không phân biệt chữ hoa, thường); hãy đổi một tên",
        "en": "the name “{name}” is given twice (capitals make no difference); rename one",
    },
    "units_from": {
        "vi": "units_from “{question}” phải là câu select_one hoặc select_multiple rated_units trong một group ở trước",
        "en": "units_from “{question}” must be a select_one or select_multiple rated_units in an earlier group",
    },
    "message_unused": {
        "vi": "có {column} nhưng không có {needs}; hãy thêm {needs} hoặc xóa lời nhắn",
        "en": "there is a {column} but no {needs}; add it or delete the message",
    },
    "appearance": {
        "vi": "kiểu hiển thị “{value}” không có tác dụng ở đây; hãy để trống",
        "en": "the appearance “{value}” has no effect here; leave it empty",
    },
    "unknown_list": {
        "vi": "không có danh sách “{list}”; hãy thêm vào choices hoặc sửa tên",
        "en": "there is no list “{list}”; add it to choices or correct the name",
    },
    "list_not_select": {
        "vi": "loại {type} không dùng danh sách lựa chọn; hãy bỏ tên danh sách và or_other",
        "en": "a {type} takes no choice list; remove the list name and or_other",
    },
    "or_other_units": {
        "vi": "rated_units không dùng được với or_other; hãy bỏ or_other",
        "en": "rated_units cannot go with or_other; remove or_other",
    },
    "or_other_filter": {
        "vi": "or_other không dùng được với choice_filter; hãy thêm lựa chọn “khác” vào danh sách và bỏ or_other",
        "en": "or_other cannot go with choice_filter; add an “other” choice to the list and remove or_other",
    },
    "other_taken": {
        "vi": "danh sách đã có lựa chọn tên “other”; hãy đổi tên lựa chọn đó hoặc bỏ or_other",
        "en": "the list already has a choice named “other”; rename it or remove or_other",
    },
    "filter_not_select": {
        "vi": "choice_filter chỉ dùng cho select_one, select_multiple có danh sách riêng; hãy bỏ",
        "en": "choice_filter applies to select_one and select_multiple over a list of your own; remove it",
    },
    "units_in_repeat": {
        "vi": "câu chọn đơn vị (rated_units) không đặt trong repeat; hãy chuyển sang một group ở trước",
        "en": "a question over rated_units cannot stand in a repeat; move it to an earlier group",
    },
    "calculation_missing": {
        "vi": "loại calculate cần cột calculation; hãy điền biểu thức",
        "en": "a calculate needs a calculation; fill in an expression",
    },
    "calculation_not_here": {
        "vi": "chỉ loại calculate có calculation; hãy xóa biểu thức hoặc đổi loại câu",
        "en": "only a calculate takes a calculation; delete it or change the type",
    },
    "not_answered": {
        "vi": "loại {type} không có câu trả lời nên không dùng required hay constraint; hãy bỏ",
        "en": "a {type} has no answer, so required and constraint do not apply; remove them",
    },
    "criterion_not_select": {
        "vi": "criterion chỉ dùng cho câu có thang trả lời (select_one, select_multiple, range); hãy bỏ",
        "en": "a criterion needs an answer scale (select_one, select_multiple, range); remove it",
    },
    "reverse_not_select": {
        "vi": "reverse chỉ dùng cho câu có thang trả lời (select_one, select_multiple, range); hãy bỏ",
        "en": "reverse needs an answer scale (select_one, select_multiple, range); remove it",
    },
    "background_type": {
        "vi": "background chỉ dùng cho câu chọn hoặc số, đặt ngoài repeat; hãy bỏ hoặc đổi loại câu",
        "en": "background applies to choices and whole numbers outside repeats; remove it or change the type",
    },
    "note_in_matrix": {
        "vi": "note trong repeat dạng matrix sẽ thành một trang trống; hãy chuyển nội dung vào hint của repeat",
        "en": "a note in a matrix repeat would be a page of its own; move its words to the hint of the repeat",
    },
    "range_limits": {
        "vi": "range cần start < end và step > 0 chia hết khoảng, ví dụ start=0 end=10 step=1; loại khác thì để trống",
        "en": "a range needs start < end and a step that divides them, as start=0 end=10 step=1; other types none",
    },
    "missing_label": {
        "vi": "thiếu nội dung hiển thị (label); hãy điền",
        "en": "the label is missing; fill it in",
    },
    "missing_translation": {
        "vi": "thiếu bản dịch “{language}”; hãy điền (tên phiếu có ngôn ngữ này)",
        "en": "the translation “{language}” is missing; fill it in (the title has this language)",
    },
    "language_not_in_title": {
        "vi": "có bản dịch “{language}” nhưng tên phiếu không có; hãy thêm vào tên phiếu hoặc xóa",
        "en": "there is a translation “{language}” but the title has none; add it to the title or delete it",
    },
    "expression_syntax": {
        "vi": "không hiểu “{found}” ở ký tự thứ {position} của biểu thức; hãy sửa",
        "en": "“{found}” at character {position} of the expression does not fit; correct it",
    },
    "expression_ends": {
        "vi": "biểu thức dừng giữa chừng ở ký tự thứ {position}; hãy viết đủ, kiểm tra ngoặc và dấu nháy",
        "en": "the expression stops short at character {position}; complete it, check brackets and quotes",
    },
    "expression_path": {
        "vi": "“{found}” ở ký tự thứ {position}: đường dẫn XPath không được hỗ trợ; hãy dùng ${{tên_câu}}",
        "en": "“{found}” at character {position}: XPath paths are not supported; use ${{question_name}}",
    },
    "expression_deep": {
        "vi": "biểu thức lồng nhau quá {most} lớp; hãy tách bằng một câu calculate",
        "en": "the expression is nested more than {most} deep; split it with a calculate",
    },
    "expression_long": {
        "vi": "biểu thức dài quá {most} thành phần; hãy tách bằng một câu calculate",
        "en": "the expression has more than {most} parts; split it with a calculate",
    },
    "calculation_deep": {
        "vi": "quá {most} câu calculate nối tiếp nhau, câu sau đọc câu trước; hãy gộp bớt các phép tính",
        "en": "more than {most} calculates read each other in a chain; join some of them",
    },
    "unknown_function": {
        "vi": "không có hàm {function}(); các hàm dùng được: {known}",
        "en": "there is no function {function}(); there are {known}",
    },
    "wrong_arguments": {
        "vi": "hàm {function}() cần {takes} tham số, ở đây có {given}",
        "en": "{function}() takes {takes} arguments, {given} are given",
    },
    "regex_not_literal": {
        "vi": "mẫu của regex() phải là một chuỗi cố định trong dấu nháy",
        "en": "the pattern of regex() must be a fixed text in quotes",
    },
    "regex_not_supported": {
        "vi": "phần “{part}” của mẫu “{pattern}” không được hỗ trợ; hãy dùng chữ, [ ], ( ), |, ?*+{{}}, \\d \\w \\s",
        "en": "“{part}” in the pattern “{pattern}” is not supported; use letters, [ ], ( ), |, ?*+{{}}, \\d \\w \\s",
    },
    "regex_repeated": {
        "vi": "phần “{part}” của mẫu “{pattern}” lặp lại một nhóm có | hoặc có phần lặp khác, có thể chạy mãi "
        "không xong; hãy lặp một tập ký tự như [ab]*, hoặc viết rõ từng lần",
        "en": "“{part}” in the pattern “{pattern}” repeats a group that holds | or another repetition, which may never "
        "end; repeat a set of signs such as [ab]*, or write out each round",
    },
    "regex_slow": {
        "vi": "mẫu “{pattern}” có quá nhiều phần dài ngắn tùy ý (ở “{part}”), có thể chạy rất lâu; hãy gộp chúng, "
        "ghi số lần cố định như {{3}}, hoặc ngăn bằng ký tự mà phần trước không nhận, như [^@]+@",
        "en": "the pattern “{pattern}” has too many parts of any length (at “{part}”) and may take very long; "
        "join them, give fixed counts such as {{3}}, or part them by a sign that the one before does not take, "
        "as in [^@]+@",
    },
    "unknown_reference": {
        "vi": "không có câu hỏi “{question}”; hãy sửa tên trong ${{…}}",
        "en": "there is no question “{question}”; correct the name in ${{…}}",
    },
    "unknown_reference_likely": {
        "vi": "không có câu hỏi “{question}”; có phải “{likely}”?",
        "en": "there is no question “{question}”; is it “{likely}”?",
    },
    "self_reference": {
        "vi": "biểu thức đọc chính câu “{question}”; trong constraint hãy dùng dấu chấm (.)",
        "en": "the expression reads “{question}” itself; in a constraint use a dot (.)",
    },
    "later_reference": {
        "vi": "câu “{question}” đứng sau nên chưa có câu trả lời; hãy chuyển câu đó lên trước",
        "en": "“{question}” comes later, so it has no answer yet; move it before this one",
    },
    "note_reference": {
        "vi": "“{question}” là note, không có câu trả lời; hãy dùng một câu hỏi khác",
        "en": "“{question}” is a note and has no answer; refer to a question",
    },
    "repeat_reference": {
        "vi": "“{question}” nằm trong repeat “{repeat}” nên có nhiều câu trả lời; chỉ câu trong cùng repeat đọc được",
        "en": "“{question}” is in the repeat “{repeat}” and has many answers; only that repeat can read it",
    },
    "bare_name": {
        "vi": "“{name}” không phải là tham chiếu; hãy viết ${{{name}}}, hoặc đặt trong dấu nháy nếu là giá trị",
        "en": "“{name}” is no reference; write ${{{name}}}, or put it in quotes if it is a value",
    },
    "unknown_filter_column": {
        "vi": "danh sách lựa chọn không có cột “{name}”; các cột: {known}",
        "en": "the choice list has no column “{name}”; it has {known}",
    },
    "self_not_here": {
        "vi": "dấu chấm (.) chỉ dùng trong constraint; hãy dùng ${{tên_câu}}",
        "en": "the dot (.) only has a meaning in a constraint; use ${{question_name}}",
    },
    "unknown_choice_compared": {
        "vi": "câu “{question}” không có lựa chọn “{value}” nên so sánh này không bao giờ đúng; hãy sửa giá trị",
        "en": "“{question}” has no choice “{value}”, so this comparison never holds; correct the value",
    },
    "too_many_ratings": {
        "vi": "một người phải chấm tới {count} lượt với {units} đơn vị, tối đa {most}; hãy chia đơn vị thành các tập "
        "phiếu hoặc bớt câu hỏi",
        "en": "one person is asked up to {count} ratings with {units} units, {most} at most; share the units out in "
        "booklets or drop questions",
    },
    "several_dont_know": {
        "vi": "danh sách “{list}” có nhiều lựa chọn dont_know; hãy giữ một",
        "en": "the list “{list}” has several dont_know choices; keep one",
    },
    "dont_know_not_last": {
        "vi": "lựa chọn dont_know của “{list}” nên đứng cuối, tách khỏi thang",
        "en": "the dont_know choice of “{list}” should come last, apart from the scale",
    },
    "scale_length": {
        "vi": "thang “{list}” có {levels} mức; nên có từ 2 đến 11 mức",
        "en": "the scale “{list}” has {levels} levels; it should have 2 to 11",
    },
    "scale_unbalanced": {
        "vi": "thang “{list}” có vẻ không cân bằng: {bad} mức tiêu cực, {good} mức tích cực; nên bằng nhau",
        "en": "the scale “{list}” does not look balanced: {bad} negative levels, {good} positive; make them equal",
    },
    "scale_direction": {
        "vi": "thang “{list}” có vẻ đi từ tốt đến xấu; hãy xếp từ xấu nhất đến tốt nhất như các thang khác",
        "en": "the scale “{list}” seems to run from good to bad; order it from worst to best as elsewhere",
    },
    "no_dont_know": {
        "vi": "thang “{list}” không có “Không biết / Không có cơ sở đánh giá”; người không biết sẽ phải chọn bừa",
        "en": "the scale “{list}” has no “don't know”; who does not know will have to guess",
    },
    "asks_identity": {
        "vi": "câu này hỏi danh tính hoặc cách liên lạc nên phá vỡ tính ẩn danh; hãy bỏ",
        "en": "the question asks who someone is or how to reach them and so breaks anonymity; remove it",
    },
    "free_text_anonymous": {
        "vi": "câu trả lời tự do có thể để lộ người viết (cách viết, sự việc chỉ họ biết); hãy cân nhắc bỏ, "
        "hoặc nhắc không ghi thông tin cá nhân",
        "en": "free text can give its writer away (style, things only they know); consider removing it, or ask that "
        "no personal details be written",
    },
    "date_anonymous": {
        "vi": "một ngày cụ thể có thể để lộ người trả lời; hãy hỏi theo khoảng (tháng, quý, nhóm tuổi)",
        "en": "an exact date can give the respondent away; ask for a span (month, quarter, age group)",
    },
}
