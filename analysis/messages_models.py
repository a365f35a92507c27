"""The sentences about comparisons and models: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

MODEL_TEXTS: Mapping[str, tuple[str, str]] = {
    # comparisons
    "one_group": (
        "cột {column} chỉ có {count} nhóm ({groups}) trong các dòng có trả lời {item}; cần ít nhất hai nhóm",
        "column {column} has {count} groups ({groups}) among rows that answered {item}; at least two are needed",
    ),
    "one_answer": (
        "cột {item} chỉ có {count} mức trả lời ({levels}) trong các dòng dùng được; không có gì để so sánh",
        "column {item} has {count} levels ({levels}) among the rows that count; there is nothing to compare",
    ),
    "test_without_df": (
        "{item} theo {column}: thiết kế mẫu còn {df} bậc tự do mà phép thử cần ít nhất {needed}; hãy ghép bớt nhóm "
        "hoặc mức trả lời",
        "{item} by {column}: the design has {df} degrees of freedom and the test needs {needed}; join groups or levels",
    ),
    "singular_test": (
        "{item} theo {column}: hiệp phương sai của các ước lượng suy biến (một nhóm chỉ nằm trong một đơn vị mẫu, hoặc "
        "câu trả lời không đổi); hãy ghép nhóm hoặc mức trả lời",
        "{item} by {column}: the covariance of the estimates is singular (a group lies in one sampling unit, or its "
        "answers do not vary); join groups or levels",
    ),
    "same_column": (
        "cột {column} không thể so sánh với chính nó",
        "column {column} cannot be compared with itself",
    ),
    "too_many_cells": (
        "bảng {item} × {column} có {count} ô; tối đa {limit} ô; hãy ghép bớt mức",
        "the table of {item} by {column} has {count} cells; at most {limit}; join levels",
    ),
    "bad_p_value": (
        "giá trị p phải nằm từ 0 đến 1 và không để trống; có {value}",
        "p-values lie between 0 and 1, never blank; found {value}",
    ),
    # models
    "bad_term": (
        "không hiểu biến {term!r}; hãy viết tên cột, C(cột) cho biến phân loại, hoặc a:b cho tương tác",
        "term {term!r} is not understood; write a column, C(column) for a factor, or a:b for an interaction",
    ),
    "no_predictors": ("chưa nêu biến giải thích nào", "no predictor is named"),
    "repeated_terms": ("biến {terms} được nêu hơn một lần", "terms {terms} are named more than once"),
    "interaction_alone": (
        "tương tác {term} cần {columns} có mặt riêng trong mô hình; hãy thêm vào",
        "the interaction {term} needs {columns} in the model by themselves; add them",
    ),
    "outcome_among_predictors": (
        "cột {column} vừa là kết quả vừa là biến giải thích",
        "column {column} is both the outcome and a predictor",
    ),
    "unknown_reference": (
        "cột {column} không có mức {level!r} để làm gốc; có: {known}",
        "column {column} has no level {level!r} to be the reference; it has: {known}",
    ),
    "reference_of_number": (
        "cột {column} không phải là biến phân loại của mô hình; hãy bỏ mức gốc hoặc viết C({column})",
        "column {column} is no factor of the model; give no reference level or write C({column})",
    ),
    "level_lost": (
        "mọi dòng có {column} = {level} đều thiếu câu trả lời ở cột khác, nên mức này sẽ biến mất khỏi mô hình; hãy bỏ "
        "cột có nhiều ô trống hoặc ghép mức",
        "every row with {column} = {level} lacks an answer in another column, so the level would vanish from the "
        "model; leave out a column with many blanks or join levels",
    ),
    "one_level": (
        "cột {column} chỉ có một mức ({level}) trong các dòng đủ trả lời; hãy bỏ khỏi mô hình",
        "column {column} has a single level ({level}) among complete rows; leave it out of the model",
    ),
    "too_many_levels": (
        "cột {column} có {count} mức, nhiều hơn {limit}; hãy dùng cột số hoặc ghép mức",
        "column {column} has {count} levels, more than {limit}; use a numeric column or join levels",
    ),
    "no_complete_rows": (
        "không có dòng nào đủ trả lời cho mọi cột của mô hình (trong {rows} dòng có quyền số dương)",
        "no row has an answer in every column of the model (of {rows} rows with a positive weight)",
    ),
    "collinear": (
        "{column} được suy ra hoàn toàn từ {others}; hãy bỏ bớt một biến",
        "{column} follows wholly from {others}; leave one of them out",
    ),
    "model_without_df": (
        "thiết kế mẫu có {design_df} bậc tự do, không đủ cho {slopes} hệ số; hãy bớt biến (hoặc khai báo đúng đơn vị "
        "mẫu)",
        "the design has {design_df} degrees of freedom, too few for {slopes} coefficients; use fewer predictors (or "
        "declare the sampling units as they were)",
    ),
    "constant_outcome": (
        "cột {column} chỉ có giá trị {level} trong {n} dòng đủ trả lời; không có gì để giải thích",
        "column {column} is {level} in all {n} complete rows; there is nothing to explain",
    ),
    "not_binary": (
        "kết quả {column} có {count} mức ({levels}); hồi quy logistic cần đúng hai mức (dùng ordinal cho nhiều mức có "
        "thứ tự)",
        "the outcome {column} has {count} levels ({levels}); logistic regression needs two (ordinal takes "
        "ordered ones)",
    ),
    "few_ordinal_levels": (
        "kết quả {column} có {count} mức ({levels}); hồi quy thứ bậc cần ít nhất ba mức (dùng logistic cho hai mức)",
        "the outcome {column} has {count} levels ({levels}); ordinal regression needs three (logistic takes two)",
    ),
    "unordered_outcome": (
        "kết quả {column} là chữ nên không rõ thứ tự của các mức; hãy nêu thứ tự, gồm đủ: {levels}",
        "the outcome {column} is text, so the order of its levels is not known; say the order of: {levels}",
    ),
    "bad_order": (
        "thứ tự của {column} phải nêu mỗi mức đúng một lần: {levels}",
        "the order of {column} must name each level once: {levels}",
    ),
    "text_outcome": (
        "kết quả {column} là chữ; hãy nêu mức được tính là 1 (event), một trong: {levels}",
        "the outcome {column} is text; say which level counts as 1 (event), one of: {levels}",
    ),
    "unknown_event": (
        "kết quả {column} không có mức {event!r}; có: {levels}",
        "the outcome {column} has no level {event!r}; it has: {levels}",
    ),
    "negative_outcome": (
        "kết quả {column} có giá trị âm ({value}); hồi quy Poisson cần số đếm từ 0",
        "the outcome {column} is negative ({value}); Poisson regression needs counts from 0",
    ),
    "separation": (
        "{columns} tách hoàn toàn các mức của {outcome} (hoặc gần như vậy): không có ước lượng hữu hạn; hãy ghép mức "
        "hoặc bỏ biến đó",
        "{columns} separates the levels of {outcome}, wholly or nearly: no finite estimate exists; join levels or "
        "leave it out",
    ),
    "model_diverged": (
        "mô hình của {outcome} không hội tụ sau {rounds} bước; hãy kiểm tra giá trị rất lớn hoặc các biến gần "
        "trùng nhau",
        "the model of {outcome} did not converge in {rounds} steps; look for huge values or predictors that "
        "nearly agree",
    ),
    "unknown_model_term": (
        "mô hình không có biến {term!r}; có: {known}",
        "the model has no term {term!r}; it has: {known}",
    ),
    # drivers
    "too_many_drivers": (
        "có {count} yếu tố; phân rã chính xác chỉ làm được với tối đa {limit}; hãy gộp thành chỉ số thành phần",
        "there are {count} drivers; the exact decomposition takes at most {limit}; join them into component scores",
    ),
    "driver_interaction": (
        "{term} là tương tác; các yếu tố phải là từng cột riêng",
        "{term} is an interaction; drivers are single columns",
    ),
    "out_of_scale": (
        "cột {column} có giá trị {value} nằm ngoài thang {low}–{high}; hãy khai báo đúng thang hoặc mã thiếu (missing)",
        "column {column} holds {value}, outside the scale {low} to {high}; give the right scale or the code for "
        "missing",
    ),
    "bad_scale": (
        "thang {low}–{high} không hợp lệ: mức thấp phải nhỏ hơn mức cao",
        "the scale {low} to {high} is none: the low end must lie below the high one",
    ),
}
