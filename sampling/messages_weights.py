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
        "column {margin} is blank in rows {rows}; fill it in, or make a level of its own with a control",
    ),
    "level_without_control": (
        "cột {margin}: {rows} dòng thuộc các mức không có số kiểm soát: {levels}; các mức có số kiểm soát: {known}",
        "column {margin}: {rows} rows are of levels without a control: {levels}; levels with a control: {known}",
    ),
    "empty_cell": (
        "{margin} = {level}: số kiểm soát là {total:.10g} nhưng không có dòng nào; gộp mức này với một mức khác trong "
        "cả dữ liệu và số kiểm soát",
        "{margin} = {level}: the control is {total:.10g} but there are no rows; join it with another level, in the "
        "data and in the controls",
    ),
    "control_zero": (
        "{margin} = {level}: số kiểm soát bằng 0 nhưng có {rows} dòng; sửa số kiểm soát hoặc mã của các dòng",
        "{margin} = {level}: the control is 0 but there are {rows} rows; correct the control or the rows",
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
}
