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
        "ma trận tương quan không xác định dương (trị riêng nhỏ nhất {least}): có câu trùng nhau hoặc là tổ hợp của "
        "câu khác; nếu tính theo từng cặp hãy dùng các dòng trả lời đủ",
        "the correlation matrix is not positive definite (smallest eigenvalue {least}): items are the same or "
        "combinations of others; if it was found pair by pair, take complete rows",
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
    "not_ordinal": (
        "câu {item} có {levels} giá trị khác nhau (nhiều nhất {most}): đó là biến liên tục, hãy bỏ tùy chọn thứ bậc",
        "item {item} has {levels} different values (at most {most}): it is continuous, do not take it as ordinal",
    ),
    "polychoric_degenerate": (
        "câu trả lời {first} và {second} quyết định lẫn nhau: tương quan polychoric chạy tới 1; hãy bỏ một câu hoặc "
        "gộp các mức ít người chọn",
        "answers to {first} and {second} determine each other: the polychoric correlation runs to one; leave one out "
        "or join levels that few chose",
    ),
    "model_syntax": (
        "không hiểu dòng mô hình {line!r}; hãy viết: nhân_tố =~ câu1 + câu2 + câu3 (mỗi nhân tố một dòng, hoặc ngăn "
        "cách bằng dấu ;)",
        "the model line {line!r} cannot be read; write: factor =~ item1 + item2 + item3 (a line for each factor, or ; "
        "between them)",
    ),
    "factor_twice": (
        "nhân tố {factor} xuất hiện hơn một lần; hãy gộp các câu của nó vào một dòng",
        "factor {factor} stands more than once; put its items on one line",
    ),
    "item_twice": (
        "câu {item} xuất hiện hơn một lần trong nhân tố {factor}",
        "item {item} stands more than once in factor {factor}",
    ),
    "factor_is_item": (
        "{factor} vừa là nhân tố vừa là câu hỏi; hãy đặt tên khác cho nhân tố",
        "{factor} is both a factor and an item; give the factor another name",
    ),
    "factor_too_short": (
        "nhân tố {factor} chỉ có câu {items}; cần ít nhất hai câu",
        "factor {factor} has only the item {items}; it needs two at least",
    ),
    "unknown_item": (
        "không có cột {item} (nhân tố {factor}); các cột: {known}",
        "there is no column {item} (factor {factor}); columns: {known}",
    ),
    "weighted_model": (
        "mô hình nhân tố khẳng định chưa dùng được quyền số; hãy tính không có quyền số",
        "a confirmatory model takes no weights; fit it without them",
    ),
    "items_dependent": (
        "các câu {items} là tổ hợp của nhau (hoặc trùng nhau); hãy bỏ bớt; nếu tính theo từng cặp hãy dùng các dòng "
        "trả lời đủ",
        "the items {items} are combinations of each other (or the same twice); leave some out; if covariances were "
        "found pair by pair, take complete rows",
    ),
    "no_degrees_left": (
        "mô hình có {free} tham số nhưng dữ liệu chỉ cho {moments} số liệu; hãy thêm câu hỏi hoặc bớt nhân tố",
        "the model has {free} parameters and the data give only {moments} figures; add items or drop factors",
    ),
    "not_identified": (
        "mô hình không xác định được duy nhất (tham số này bù cho tham số kia); nhân tố chỉ có hai câu phải tương "
        "quan với nhân tố khác, hãy thêm câu thứ ba",
        "the model is not identified (one parameter makes up for another); a factor of two items must correlate with "
        "another factor: add a third item",
    ),
    "no_convergence": (
        "không tìm được nghiệm sau {steps} bước; mô hình có lẽ không hợp với dữ liệu: hãy xem lại câu đầu của mỗi "
        "nhân tố (tải trọng cố định bằng 1), hoặc chạy phân tích khám phá trước",
        "no solution was found in {steps} steps; the model seems not to suit the data: look at the first item of each "
        "factor (its loading is fixed to 1), or explore first",
    ),
    "scale_item_without_loading": (
        "câu {item} hầu như không có tải trọng trên nhân tố {factor} nên không thể làm thước đo cho nó; hãy đặt câu "
        "khác lên đầu hoặc bỏ câu này",
        "item {item} hardly loads on factor {factor} and can give it no scale; put another item first, or leave this "
        "one out",
    ),
    "negative_residual": (
        "câu {item} có phương sai sai số âm ({value}; trường hợp Heywood): kết quả không dùng được; hãy bỏ câu đó, "
        "thêm câu cho nhân tố, hoặc tăng cỡ mẫu",
        "item {item} has a negative residual variance ({value}, a Heywood case): the solution cannot be used; leave "
        "the item out, give the factor more items, or take more rows",
    ),
    "negative_factor_variance": (
        "nhân tố {factor} có phương sai âm: các câu của nó không đo chung một điều; hãy bỏ hoặc chia lại",
        "factor {factor} has a negative variance: its items measure nothing in common; drop or divide it",
    ),
    "factors_coincide": (
        "nhân tố {first} và {second} tương quan từ 1 trở lên: dữ liệu không phân biệt được hai nhân tố; hãy gộp lại",
        "factors {first} and {second} correlate by one or more: the data cannot tell them apart; join them",
    ),
    "single_group": (
        "cần ít nhất hai nhóm để so sánh; chỉ có: {groups}",
        "two groups at least are needed to compare; there is: {groups}",
    ),
    "in_group": ("nhóm {group}: {reason}", "group {group}: {reason_en}"),
}
