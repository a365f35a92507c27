"""The sentences about scales, factors and measurement models: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

SCALE_TEXTS: Mapping[str, tuple[str, str]] = {
    "too_few_items": (
        "cần ít nhất {least} câu hỏi; mới có: {names}",
        "at least {least} items are needed; given: {names}",
    ),
    "too_few_complete": (
        "chỉ có {n} trên {rows} dòng trả lời đủ mọi câu hỏi; cần ít nhất {least}; hãy bỏ câu có nhiều ô trống",
        "only {n} of {rows} rows answered every item; at least {least} are needed; leave out items with many blanks",
    ),
    "too_few_pairs": (
        "chỉ có {n} dòng trả lời cả {first} và {second}; cần ít nhất {least}",
        "only {n} rows answered both {first} and {second}; at least {least} are needed",
    ),
    "constant_item": (
        "câu {item}: cả {n} câu trả lời đều là {value}; câu không có biến thiên không thuộc thang đo, hãy bỏ ra",
        "item {item}: all {n} answers are {value}; an item that does not vary is no part of a scale, leave it out",
    ),
    "constant_in_pair": (
        "câu {first} không thay đổi trong các dòng có trả lời {second}; hãy bỏ một câu hoặc dùng listwise",
        "item {first} does not vary among rows that answered {second}; leave one out or use listwise rows",
    ),
    "weighted_pairwise": (
        "quyền số chỉ dùng với các dòng trả lời đủ (listwise), không dùng với pairwise",
        "weights go with complete rows (listwise), not with pairwise ones",
    ),
    "bad_covariance": (
        "ma trận hiệp phương sai phải đối xứng và có cỡ {size} × {size}; hiện là {shape}",
        "the covariance matrix must be symmetric and {size} × {size}; it is {shape}",
    ),
    "no_total_variance": (
        "tổng điểm của các câu hỏi không có biến thiên (các câu triệt tiêu nhau); hãy kiểm tra câu bị đảo chiều",
        "the sum of the items does not vary (they cancel out); look for items that are coded the other way",
    ),
    "not_positive_definite": (
        "câu thứ {places} trong danh sách là tổ hợp của các câu khác (hoặc trùng nhau); hãy bỏ bớt, hoặc dùng "
        "listwise nếu đang dùng pairwise",
        "items number {places} of the list are combinations of others (or the same twice); leave some out, or use "
        "listwise rows in the place of pairwise ones",
    ),
    "no_degrees_of_freedom": (
        "thiết kế mẫu không còn bậc tự do (số đơn vị mẫu không nhiều hơn số tầng) nên không có khoảng tin cậy",
        "the design leaves no degree of freedom (no more units than strata), so there is no interval",
    ),
    "perfect_agreement": (
        "các cột khác nhau một hằng số trên cả {n} dòng: không còn sai số để so sánh",
        "the columns differ by a constant in all {n} rows: no residual is left to compare with",
    ),
    "too_many_factors": (
        "{factors} nhân tố là quá nhiều cho {items} câu hỏi; được từ 1 đến {most}",
        "{factors} factors are too many for {items} items; from 1 to {most} will do",
    ),
    "extraction_no_convergence": (
        "không tìm được nghiệm với {factors} nhân tố ({method}); hãy thử ít nhân tố hơn",
        "no solution was found with {factors} factors ({method}); try fewer",
    ),
    "rotation_no_convergence": (
        "phép xoay {method} của {factors} nhân tố không hội tụ; hãy thử ít nhân tố hơn hoặc phép xoay khác",
        "the rotation {method} of {factors} factors does not settle; try fewer factors or another rotation",
    ),
    "communality_above_one": (
        "với {factors} nhân tố, câu {items} được giải thích quá 100 % (trường hợp Heywood); hãy giảm số nhân tố "
        "hoặc bỏ câu đó",
        "with {factors} factors more than all of {items} is explained (a Heywood case); take fewer factors or leave "
        "the item out",
    ),
    "too_few_sets": (
        "{n} mẫu ngẫu nhiên là quá ít; cần ít nhất {least}",
        "{n} random samples are too few; at least {least} are needed",
    ),
    "rows_below_items": (
        "{n} dòng là quá ít cho {items} câu hỏi; cần nhiều dòng hơn số câu hỏi",
        "{n} rows are too few for {items} items; more rows than items are needed",
    ),
}
