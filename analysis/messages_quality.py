"""The sentences about response quality: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

QUALITY_TEXTS: Mapping[str, tuple[str, str]] = {
    "ballots_all_alike": (
        "mọi phiếu trả lời giống nhau ở tất cả các câu ({items}); không có gì để so sánh giữa các phiếu",
        "all ballots say the same on every item ({items}); there is nothing to compare ballots by",
    ),
    "unanswered_item": (
        "không phiếu nào trả lời câu {item}; hãy bỏ câu này ra khỏi danh sách",
        "no ballot answered {item}; leave it out of the list",
    ),
    "item_not_graded": (
        "câu {item} có tới {levels} giá trị khác nhau, nhiều hơn {most}; chỉ đưa vào các câu chọn theo mức",
        "item {item} brings {levels} different values, more than {most}; only graded items belong here",
    ),
    "scale_lengths": (
        "các thang đo gồm tổng cộng {total} câu, còn bảng có {items} câu; mỗi thang có ít nhất một câu và tổng phải "
        "bằng số câu",
        "the scales hold {total} items in all and the table has {items}; each scale has at least one, and the sum must "
        "be the number of items",
    ),
    "too_few_scales": (
        "cần ít nhất hai thang đo có từ hai câu trở lên để so câu chẵn với câu lẻ (có {scales} thang)",
        "even and odd items need at least two scales of two items or more (there are {scales} scales)",
    ),
    "all_nearly_alike": (
        "có {items} câu và cho phép khác nhau {different} câu: phiếu nào cũng bị coi là gần trùng; hãy giảm số câu "
        "được khác",
        "there are {items} items and {different} may differ: every pair would count as nearly alike; allow fewer",
    ),
    "bad_difference": (
        "số câu được phép khác nhau là {different}; phải là số nguyên không âm",
        "the answers in which ballots may differ are {different}; it must be a whole number, zero or more",
    ),
    "too_few_ballots": (
        "chỉ có {n} phiếu; cần ít nhất {least} phiếu để nói phiếu nào khác thường",
        "there are {n} ballots; it takes at least {least} to say which is unusual",
    ),
    "bad_false_alarm": (
        "tỷ lệ báo nhầm là {value}; phải nằm giữa 0 và 0,5",
        "the false-alarm rate is {value}; it must lie between 0 and 0.5",
    ),
    "bad_durations": (
        "thời gian trả lời phải là số giây lớn hơn 0; dòng {rows} không phải",
        "durations must be seconds above zero; rows {rows} are not",
    ),
    "unknown_reversed": (
        "câu hỏi ngược {names} không nằm trong các câu được xét",
        "reversed items {names} are not among the items looked at",
    ),
    "unknown_in_scale": (
        "câu {names} của thang đo không nằm trong các câu được xét",
        "items {names} of a scale are not among the items looked at",
    ),
    "row_labels": (
        "có {found} nhãn cụm cho {expected} phiếu; mỗi phiếu cần đúng một nhãn",
        "there are {found} cluster labels for {expected} ballots; each ballot needs one",
    ),
    "too_few_clusters": (
        "cột {column} chỉ có {found} cụm có câu trả lời; cần ít nhất hai",
        "column {column} has {found} clusters with answers; at least two are needed",
    ),
}
