"""The sentences about faults of a weighting recipe: code -> (Vietnamese, English). The path of the key goes before."""

from __future__ import annotations

from collections.abc import Mapping

RECIPE_TEXTS: Mapping[str, tuple[str, str]] = {
    "not_a_mapping": (
        "cần các cặp khóa: giá trị, hiện là {value}",
        "pairs of key: value are needed, it is {value}",
    ),
    "unknown_key": ("không có khóa này; các khóa: {known}", "there is no such key; keys: {known}"),
    "missing_key": ("thiếu giá trị; hãy điền khóa này", "the value is missing; fill in this key"),
    "only_one_of": ("chỉ dùng một trong các khóa: {keys}", "give one only of: {keys}"),
    "not_a_text": ("{value} phải là một tên", "{value} must be a name"),
    "not_a_truth": ("{value} phải là true hoặc false", "{value} must be true or false"),
    "not_one_of": ("{value} không có trong: {known}", "{value} is none of: {known}"),
    "not_a_number": ("{value} phải là một số", "{value} must be a number"),
    "number_too_small": ("{value:g} không được nhỏ hơn {least:g}", "{value:g} must not be below {least:g}"),
    "not_whole": (
        "{value:g} phải là số nguyên không nhỏ hơn {least:g}",
        "{value:g} must be a whole number, not below {least:g}",
    ),
    "not_a_pair": ("{value} phải là hai số [dưới, trên]", "{value} must be two numbers [lower, upper]"),
    "not_a_list": ("{value} phải là danh sách tên", "{value} must be a list of names"),
    "empty_margin": ("chưa có mức nào với số kiểm soát", "there is no level with a control"),
    "value_twice": (
        "giá trị {value} đã được xếp vào {other}; mỗi giá trị chỉ thuộc một kết quả",
        "value {value} stands under {other} already; each value belongs to one outcome",
    ),
    "not_for_method": (
        "không dùng với phương pháp {method}; bỏ khóa này hoặc đổi phương pháp",
        "does not go with the method {method}; leave this key out or choose another method",
    ),
    "not_among": ("{value} không có trong: {known}", "{value} is none of: {known}"),
    "collapse_needs_classes": (
        "gộp lớp cần có classes là lớp hẹp nhất",
        "collapsing needs classes, the finest ones",
    ),
    "one_margin": (
        "poststratify dùng một cột hoặc một tổ hợp (a*b); hiện có {margins}. Nhiều cột thì dùng rake",
        "poststratify takes one margin or one crossing (a*b); there are {margins}. Use rake for several",
    ),
    "needs_outcome": (
        "bước này cần mục outcome (cột nào cho biết ai đã trả lời)",
        "this step needs the section outcome (which column says who answered)",
    ),
    "not_with_calibrate": (
        "khi có calibrate, phần bị cắt được chia theo các số kiểm soát; bỏ khóa này",
        "with calibrate, what is trimmed is shared by the controls; leave this key out",
    ),
}
