"""The sentences about weights, calibration and outcomes: code -> (Vietnamese, English). Rows are counted from 1."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHT_TEXTS: Mapping[str, tuple[str, str]] = {
    # columns
    "column_without_rows": ("{name}: không có dòng dữ liệu nào", "{name}: there is no row of data"),
    "column_rows_differ": (
        "{name} có {found} dòng, cần {expected} dòng; hai bên phải khớp từng dòng",
        "{name} has {found} rows, {expected} are needed; they must match row by row",
    ),
    "column_not_numbers": (
        "{name}: các dòng {rows} để trống hoặc không phải là số",
        "{name}: rows {rows} are blank or not a number",
    ),
    "column_not_positive": (
        "{name} phải lớn hơn 0; các dòng {rows} bằng 0 hoặc âm. Người không được tính thì bỏ ra khỏi bảng trước",
        "{name} must be above 0; rows {rows} are zero or negative. Leave out beforehand who is not to count",
    ),
    # margins
    "no_margins": (
        "chưa có số kiểm soát nào; cần ít nhất một cột với tổng của từng mức",
        "there are no controls; at least one column with a total for each level is needed",
    ),
    "margins_of_unequal_length": (
        "các cột có số dòng khác nhau: {margins}",
        "the columns have different numbers of rows: {margins}",
    ),
    "blank_levels": (
        "cột {margin} để trống ở các dòng {rows}; điền giá trị, hoặc lập mức riêng cùng số kiểm soát của mức đó",
        "column {margin} is blank in row {rows}; fill it in, or make a level of its own with a control",
    ),
    "level_without_control": (
        "cột {margin}: {rows} dòng thuộc các mức không có số kiểm soát: {levels}; các mức có số kiểm soát: {known}",
        "column {margin}: levels without a control: {levels} (rows: {rows}); levels with a control: {known}",
    ),
    "empty_cell": (
        "{margin} = {level}: số kiểm soát là {total:.10g} nhưng không có dòng nào; gộp mức này với một mức khác trong "
        "cả dữ liệu và số kiểm soát",
        "{margin} = {level}: the control is {total:.10g} but there are no rows; join it with another level, in the "
        "data and in the controls",
    ),
    "control_zero": (
        "{margin} = {level}: số kiểm soát bằng 0 nhưng có {rows} dòng; sửa số kiểm soát hoặc mã của các dòng",
        "{margin} = {level}: the control is 0 but not the number of rows: {rows}; correct the control or the rows",
    ),
    "bad_control": (
        "{margin} = {level}: số kiểm soát {total!r} phải là số không âm",
        "{margin} = {level}: the control {total!r} must be a number, zero or more",
    ),
    "control_twice": (
        "{margin} = {level}: có hai số kiểm soát cho một mức",
        "{margin} = {level}: there are two controls for one level",
    ),
    "margin_sums_to_zero": ("cột {margin}: tổng các số kiểm soát bằng 0", "column {margin}: the controls sum to 0"),
    "margins_disagree": (
        "tổng số kiểm soát của {one} là {sum_one:.12g}, của {two} là {sum_two:.12g}; mọi cột phải cùng một tổng "
        "(có thể khai báo population để quy về một tổng)",
        "the controls of {one} sum to {sum_one:.12g}, those of {two} to {sum_two:.12g}; all margins need one sum "
        "(population can be declared, to scale them to it)",
    ),
    # raking
    "margins_and_controls": (
        "có {margins} cột mã và {controls} bộ số kiểm soát; cần cùng số lượng, ít nhất một",
        "there are {margins} columns of codes and {controls} sets of controls; as many are needed, at least one",
    ),
    "bad_codes": (
        "cột mã thứ {margin} phải gồm số nguyên từ 0 đến dưới {levels}",
        "codes of margin {margin} must be whole numbers from 0 to below {levels}",
    ),
    "negative_cells": (
        "quyền số hoặc tổng của ô không được âm",
        "base weights and totals of cells must not be negative",
    ),
    "empty_level": (
        "{margin} = {level}{replicate}: số kiểm soát là {total:.10g} nhưng tổng quyền số bằng 0; gộp với mức khác",
        "{margin} = {level}{replicate}: the control is {total:.10g} but the weights sum to 0; join it with another",
    ),
    "zero_level": (
        "{margin} = {level}{replicate}: số kiểm soát bằng 0 nhưng tổng quyền số lớn hơn 0",
        "{margin} = {level}{replicate}: the control is 0 but the weights sum to more",
    ),
    "raking_not_converged": (
        "sau {iterations} vòng, {margin} = {level}{replicate} mới đạt {reached:.10g}, cần {wanted:.10g}; các số kiểm "
        "soát không thể cùng đạt với những tổ hợp có trong mẫu: hãy gộp bớt mức",
        "after {iterations} rounds {margin} = {level}{replicate} has reached {reached:.10g}, wanted is {wanted:.10g}; "
        "the combinations in the sample cannot hold all controls at once: join levels",
    ),
    # calibration
    "poststratify_one_margin": (
        "phân tầng sau dùng một cột hoặc một tổ hợp cột (a*b); đang có {margins}. Nhiều cột thì dùng rake",
        "poststratification takes one margin or one crossing (a*b); there are {margins}. Use raking for several",
    ),
    "controls_count": (
        "có {controls} số kiểm soát hoặc tên cho {columns} cột",
        "there are {controls} controls or names for {columns} columns",
    ),
    "controls_and_columns": (
        "số kiểm soát và cột không khớp: {names}; các cột: {columns}",
        "controls and columns do not match: {names}; columns: {columns}",
    ),
    "column_all_zero": (
        "cột {column} bằng 0 ở mọi dòng nhưng số kiểm soát là {wanted:.10g}",
        "column {column} is 0 in every row but its control is {wanted:.10g}",
    ),
    "controls_contradict": (
        "số kiểm soát của {column} là {wanted:.12g}, nhưng theo các số kiểm soát khác phải là {implied:.12g}",
        "the control of {column} is {wanted:.12g}; by the other controls it must be {implied:.12g}",
    ),
    "raking_needs_positive": (
        "cột {column} không có giá trị âm nên quyền số dương không thể đạt tổng {wanted:.10g}; sửa số kiểm soát "
        "hoặc dùng linear",
        "column {column} is never negative, so that weights above zero cannot reach {wanted:.10g}; correct the control "
        "or use the linear distance",
    ),
    "bounds_around_one": (
        "phương pháp {distance}: giới hạn của hệ số là [{lower:g}, {upper:g}]; cần 0 ≤ dưới < 1 < trên, hữu hạn với "
        "logit. Nếu tổng quyền số còn xa tổng thể, hãy nhân quyền số lên trước",
        "distance {distance}: the bounds of the factor are [{lower:g}, {upper:g}]; 0 ≤ lower < 1 < upper is needed, "
        "finite for logit. Scale the weights first if their sum is far from the population",
    ),
    "bad_weight_bounds": (
        "giới hạn quyền số [{lower:g}, {upper:g}] phải có 0 ≤ dưới < trên, và không dùng với {distance} là logit",
        "bounds of weights [{lower:g}, {upper:g}] need 0 ≤ lower < upper, and no logit distance (it is {distance})",
    ),
    "bounds_exclude_each_other": (
        "giới hạn của hệ số và của quyền số loại trừ nhau ở các dòng {rows}",
        "the bounds of the factor and of the weight exclude each other in rows {rows}",
    ),
    "upper_bound_too_low": (
        "{column}: trong giới hạn chỉ đạt nhiều nhất {most:.10g}, cần {wanted:.10g}; nâng giới hạn trên hoặc gộp mức",
        "{column}: within the bounds at most {most:.10g} can be reached, wanted is {wanted:.10g}; raise the upper "
        "bound or join levels",
    ),
    "lower_bound_too_high": (
        "{column}: trong giới hạn ít nhất vẫn là {least:.10g}, cần {wanted:.10g}; hạ giới hạn dưới hoặc gộp mức",
        "{column}: within the bounds at least {least:.10g} is reached, wanted is {wanted:.10g}; lower the lower bound "
        "or join levels",
    ),
    "bounds_infeasible": (
        "trong giới hạn các số kiểm soát không cùng đạt được: {column} đạt {reached:.10g}, cần {wanted:.10g}; "
        "{at_upper} dòng chạm giới hạn trên, {at_lower} dòng chạm giới hạn dưới: nới giới hạn đó hoặc gộp mức",
        "within the bounds the controls cannot hold at once: {column} reaches {reached:.10g}, wanted is {wanted:.10g}; "
        "{at_upper} rows are at the upper bound, {at_lower} at the lower: widen that bound or join levels",
    ),
    "calibration_not_converged": (
        "sau {iterations} bước, {column} đạt {reached:.10g}, cần {wanted:.10g}; số kiểm soát nằm ngoài tầm của mẫu",
        "after {iterations} steps {column} reaches {reached:.10g}, wanted is {wanted:.10g}; the control is out of the "
        "sample's reach",
    ),
    # weights
    "not_an_inclusion_probability": (
        "giai đoạn {stage}: xác suất được chọn phải lớn hơn 0 và không quá 1; sai ở các dòng {rows}",
        "stage {stage}: inclusion probabilities must be above 0 and at most 1; wrong in rows {rows}",
    ),
    # nonresponse
    "bad_outcome": (
        "kết quả tiếp cận không hiểu được: {values}; dùng respondent, nonrespondent, ineligible, unknown",
        "outcomes that are not known: {values}; use respondent, nonrespondent, ineligible, unknown",
    ),
    "unknown_left": (
        "{rows} dòng chưa rõ có thuộc đối tượng hay không vẫn còn quyền số; điều chỉnh eligibility trước",
        "rows of unknown eligibility that still have a weight: {rows}; adjust for eligibility first",
    ),
    "no_respondents": ("không có ai trả lời", "there is no respondent"),
    "thin_class": (
        "lớp {name}: {receiving} người nhận quyền số, hệ số {factor:.4g}; cần ít nhất {min_cases} người và hệ số không "
        "quá {max_factor:g} ({n_thin} lớp như vậy): khai báo lớp rộng hơn để gộp, hoặc nới quy tắc",
        "class {name}: {receiving} cases receive weight, factor {factor:.4g}; at least {min_cases} cases and a factor "
        "of at most {max_factor:g} are required ({n_thin} such classes): declare wider classes to collapse into, or "
        "relax the rule",
    ),
    "classes_not_nested": (
        "lớp {name} nằm trong nhiều lớp rộng hơn ({wider}); thứ tự gộp phải đi từ lớp hẹp đến lớp chứa nó",
        "class {name} lies in several wider classes ({wider}); the order of collapsing goes from a class to one that "
        "holds all of it",
    ),
    "bad_propensity": (
        "xác suất trả lời phải lớn hơn 0 và không quá 1; sai ở các dòng {rows}",
        "propensities to answer must be above 0 and at most 1; wrong in rows {rows}",
    ),
    "propensity_too_small": (
        "hệ số 1 / xác suất trả lời vượt {max_factor:g} ở các dòng {rows}; dùng lớp xác suất hoặc nới max_factor",
        "the factor 1 / propensity is above {max_factor:g} in rows {rows}; use classes of propensity, or raise "
        "max_factor",
    ),
    "propensity_classes_tied": (
        "xác suất trả lời chỉ chia được thành {made} lớp, đã yêu cầu {asked}; giảm số lớp",
        "the propensities fall into {made} classes, {asked} were asked for; ask for fewer",
    ),
    "no_covariates": (
        "mô hình trả lời cần ít nhất một cột biết được ở cả người trả lời và người không trả lời",
        "a model of response needs at least one column that is known of respondents and nonrespondents",
    ),
    "all_or_none_responded": (
        "tỷ lệ trả lời là {rate:g}: không có gì để mô hình hóa",
        "the response rate is {rate:g}: there is nothing to model",
    ),
    "covariate_explained": (
        "cột {column} được các cột đứng trước giải thích hết (hoặc không đổi); bỏ cột này",
        "column {column} is explained by the columns before it (or constant); leave it out",
    ),
    "covariates_separate": (
        "mô hình cho xác suất trả lời bằng 0 hoặc 1 ở {rows} dòng, ví dụ {values}; gộp mức này với mức khác",
        "the model gives a propensity of 0 or 1 (rows: {rows}), for example {values}; join that level with another",
    ),
    # trimming
    "bad_trim_rule": (
        "quy tắc cắt {rule} không dùng được với hệ số {factor:g}; median cần hệ số trên 1, iqr trên 0",
        "rule {rule} does not take the factor {factor:g}; median needs more than 1, iqr more than 0",
    ),
    "iqr_is_zero": (
        "một nửa số quyền số bằng nhau ({median:.6g}) nên khoảng tứ phân vị bằng 0; dùng median hoặc giới hạn cố định",
        "half of the weights are the same ({median:.6g}), so that the interquartile range is 0; use median or fixed "
        "bounds",
    ),
    "bad_trim_bounds": (
        "giới hạn [{lower:g}, {upper:g}]: cần 0 ≤ dưới < trên",
        "bounds [{lower:g}, {upper:g}]: 0 ≤ lower < upper is needed",
    ),
    "trim_out_of_reach": (
        "{domain}: tổng quyền số {total:.10g} của {n} dòng không thể giữ trong giới hạn [{lower:g}, {upper:g}]",
        "{domain}: the sum of weights {total:.10g} of {n} rows cannot be kept within [{lower:g}, {upper:g}]",
    ),
    "trim_not_settled": (
        "{domain}: cắt và chia lại không đưa được mọi quyền số vào [{lower:g}, {upper:g}]; nới giới hạn",
        "{domain}: cutting and sharing out does not bring all weights into [{lower:g}, {upper:g}]; widen the bounds",
    ),
    # disposition
    "bad_disposition": (
        "mã kết quả không hiểu được: {codes} (cách hỏi: {mode}); dùng mã AAPOR như 1.1, 2.112, 3.19 hoặc chữ I, P, "
        "R, NC, O, UH, UR, UO, NE",
        "dispositions that are not known: {codes} (mode: {mode}); use AAPOR codes such as 1.1, 2.112, 3.19 or the "
        "letters I, P, R, NC, O, UH, UR, UO, NE",
    ),
    "bad_rate_weights": (
        "quyền số dùng cho tỷ lệ phải không âm và không cùng bằng 0",
        "weights of rates must be zero or more, and not all zero",
    ),
    "no_known_cases": (
        "không có trường hợp nào đã rõ có thuộc đối tượng hay không, nên không ước lượng được e; hãy cho e",
        "no case is known to be eligible or not, so that e cannot be estimated; give e",
    ),
    "no_known_cases_in": (
        "{domain}: không có trường hợp nào đã rõ có thuộc đối tượng hay không, nên không ước lượng được e; hãy cho e "
        "(--eligible-share) hoặc ghép nhóm",
        "{domain}: no case is known to be eligible or not, so that e cannot be estimated; give e (--eligible-share) or "
        "join domains",
    ),
    "bad_counts": (
        "số trường hợp phải không âm và không cùng bằng 0: {counts}",
        "counts must be zero or more, and not all zero: {counts}",
    ),
    "bad_eligible_share": (
        "e phải từ 0 đến 1, một số cho tất cả hoặc cho từng loại UH, UR, UO; hiện là {e}",
        "e must be from 0 to 1, one number for all or one for each of UH, UR, UO; it is {e}",
    ),
    "bad_participation": (
        "{completed} phiếu trên {landed} lượt mở: cần ít nhất một lượt mở, và số phiếu không quá số lượt mở",
        "{completed} ballots of {landed} visits: at least one visit is needed, and no more ballots than visits",
    ),
    # recipe
    "recipe_faults": ("công thức quyền số có {count} lỗi:", "faults in the weighting recipe: {count}"),
    "recipe_unreadable": (
        "{path}: không đọc được công thức quyền số: {reason}",
        "{path}: the weighting recipe cannot be read: {reason}",
    ),
    "outcome_without_meaning": (
        "cột {column} có giá trị chưa được xếp: {values}; các giá trị đã xếp: {known}",
        "column {column} holds values that the recipe does not explain: {values}; explained are: {known}",
    ),
    "nonresponse_step_missing": (
        "{rows} dòng không trả lời mà công thức không có mục nonresponse",
        "rows that did not answer: {rows}; but the recipe has no section nonresponse",
    ),
    "output_column_exists": (
        "tệp đã có cột {column} với giá trị khác; đổi tên cột đó trước",
        "the file has a column {column} of other values already; rename it first",
    ),
}
