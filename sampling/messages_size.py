"""The sentences about sample sizes and allocations: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

SIZE_TEXTS: Mapping[str, tuple[str, str]] = {
    "value_no_number": ("{name} = {value!r} không phải là một số", "{name} = {value!r} is not a number"),
    "value_not_positive": ("{name} = {value} phải lớn hơn 0", "{name} = {value} must be above 0"),
    "value_no_share": (
        "{name} = {value} phải lớn hơn 0 và nhỏ hơn 1 (5 % ghi là 0.05)",
        "{name} = {value} must lie between 0 and 1, ends excluded (write 5 % as 0.05)",
    ),
    "value_no_rate": (
        "{name} = {value} phải lớn hơn 0 và không quá 1 (60 % ghi là 0.6)",
        "{name} = {value} must be above 0 and at most 1 (write 60 % as 0.6)",
    ),
    "value_too_small": ("{name} = {value} không được nhỏ hơn {least}", "{name} = {value} must not be below {least}"),
    "value_not_whole": ("{name} = {value} phải là số nguyên", "{name} = {value} must be a whole number"),
    "one_of": (
        "hãy cho đúng một trong các giá trị {names}; hiện có: {given}",
        "give exactly one of {names}; given: {given}",
    ),
    "mean_needed": (
        "{aim} tính theo giá trị trung bình: cần thêm mean",
        "{aim} is relative to the mean: the mean is needed",
    ),
    "sd_needed": (
        "{aim} tính theo đơn vị của biến: cần sd, không chỉ unit_cv",
        "{aim} is in units of the variable: sd is needed, not unit_cv alone",
    ),
    "more_than_population": (
        "n = {n} nhiều hơn số người của tổng thể ({population})",
        "n = {n} is more than the population ({population})",
    ),
    "no_domains": ("chưa có nhóm phân tích nào", "there are no domains"),
    "no_share_of_domain": (
        "thiếu p của nhóm phân tích {domain!r}; đã có: {known}",
        "p of domain {domain!r} is missing; there are: {known}",
    ),
    "no_difference": (
        "hai giá trị bằng nhau: không có khác biệt nào để phát hiện",
        "the two values are equal: there is no difference to detect",
    ),
    "no_correlation": ("rho = {value} phải từ -1 đến 1", "rho = {value} must lie between -1 and 1"),
    "power_too_low": (
        "power = {power} phải lớn hơn significance = {significance}",
        "power = {power} must be above significance = {significance}",
    ),
    "both_needed": (
        "hai mẫu có người chung (overlap = {overlap}): cần both, tỷ lệ người chung có đặc điểm ở cả hai lần",
        "the samples share people (overlap = {overlap}): both is needed, the share of them with the trait both times",
    ),
    "both_impossible": (
        "both = {value} không thể có: với p1, p2 đã cho phải từ {low:.4g} đến {high:.4g}",
        "both = {value} cannot be: with these p1 and p2 it lies between {low:.4g} and {high:.4g}",
    ),
    "overlap_too_large": (
        "overlap = {overlap} của mẫu 1 nhiều hơn cả mẫu 2 (ratio = {ratio}): nhiều nhất {most:.4g}",
        "overlap = {overlap} of sample 1 is more than sample 2 holds (ratio = {ratio}): at most {most:.4g}",
    ),
    "budget_too_small": (
        "kinh phí {budget:g} không đủ cho thiết kế nhỏ nhất, cần {needed:g}",
        "the budget {budget:g} does not pay the smallest design, which costs {needed:g}",
    ),
    "cv_out_of_reach": (
        "{n_psu} đơn vị cấp một không đạt CV = {cv:g}: dù hỏi bao nhiêu người, CV không xuống dưới {best:.4g}",
        "{n_psu} first-stage units do not reach CV = {cv:g}: however many people are asked, it stays above {best:.4g}",
    ),
}

ALLOCATION_TEXTS: Mapping[str, tuple[str, str]] = {
    "no_strata": ("chưa có tầng nào", "there are no strata"),
    "same_stratum": (
        "tầng {stratum!r} xuất hiện nhiều lần (thứ {places})",
        "stratum {stratum!r} stands more than once (no. {places})",
    ),
    "wrong_length": (
        "{name} có {found} giá trị nhưng có {strata} tầng",
        "{name} has {found} values, but there are {strata} strata",
    ),
    "stratum_no_number": (
        "tầng {stratum!r} (thứ {place}): {name} = {value!r} không phải là một số",
        "stratum {stratum!r} (no. {place}): {name} = {value!r} is not a number",
    ),
    "stratum_not_positive": (
        "tầng {stratum!r} (thứ {place}): {name} = {value} phải lớn hơn 0",
        "stratum {stratum!r} (no. {place}): {name} = {value} must be above 0",
    ),
    "stratum_negative": (
        "tầng {stratum!r} (thứ {place}): {name} = {value} không được âm",
        "stratum {stratum!r} (no. {place}): {name} = {value} must not be negative",
    ),
    "stratum_no_share": (
        "tầng {stratum!r} (thứ {place}): {name} = {value} phải lớn hơn 0 và nhỏ hơn 1",
        "stratum {stratum!r} (no. {place}): {name} = {value} must lie between 0 and 1, ends excluded",
    ),
    "stratum_no_rate": (
        "tầng {stratum!r} (thứ {place}): {name} = {value} phải lớn hơn 0 và không quá 1",
        "stratum {stratum!r} (no. {place}): {name} = {value} must be above 0 and at most 1",
    ),
    "stratum_no_count": (
        "tầng {stratum!r} (thứ {place}): {name} = {value} phải là số nguyên từ 1 trở lên",
        "stratum {stratum!r} (no. {place}): {name} = {value} must be a whole number of at least 1",
    ),
    "minimum_above_maximum": (
        "tầng {stratum!r} (thứ {place}): tối thiểu {minimum:g} lớn hơn tối đa {maximum:g}",
        "stratum {stratum!r} (no. {place}): the minimum {minimum:g} is above the maximum {maximum:g}",
    ),
    "unknown_stratum": (
        "không có tầng {stratum!r} để điều tra toàn bộ; có: {known}",
        "there is no stratum {stratum!r} to take whole; there are: {known}",
    ),
    "stratum_beyond_population": (
        "tầng {stratum!r} (thứ {place}): n = {n} nhiều hơn số người ({population})",
        "stratum {stratum!r} (no. {place}): n = {n} is more than its people ({population})",
    ),
    "total_below_minimum": (
        "tổng {total:g} không đủ cho mức tối thiểu của các tầng, cần ít nhất {needed:g}",
        "the total {total:g} does not cover the minimum of the strata, which is {needed:g}",
    ),
    "total_above_maximum": (
        "tổng {total:g} nhiều hơn mức tối đa của các tầng ({most:g})",
        "the total {total:g} is more than the maximum of the strata ({most:g})",
    ),
    "no_spread": (
        "{name} bằng 0 ở mọi tầng: không có gì để phân bổ theo",
        "{name} is 0 in every stratum: there is nothing to allocate by",
    ),
    "se_out_of_reach": (
        "sai số chuẩn {se:g} không thể đạt: ở mức tối đa của các tầng vẫn còn {best:.4g}",
        "the standard error {se:g} is out of reach: at the maximum of the strata it is still {best:.4g}",
    ),
    "no_aims": ("chưa có yêu cầu chính xác nào", "there are no aims of precision"),
    "unknown_variable": (
        "yêu cầu nói đến biến {variable!r} nhưng không có; có: {known}",
        "an aim names the variable {variable!r}, which is not there; there are: {known}",
    ),
    "unknown_partition": (
        "yêu cầu của biến {variable!r} tính theo {by!r} nhưng không có phân nhóm này; có: {known}",
        "the aim for {variable!r} is by {by!r}, which is not there; there are: {known}",
    ),
    "zero_mean": (
        "trung bình của {variable!r} trong nhóm {domain!r} bằng 0: không có CV, hãy đặt sai số chuẩn (se)",
        "the mean of {variable!r} in domain {domain!r} is 0: it has no CV; ask for a standard error (se)",
    ),
    "aim_out_of_reach": (
        "biến {variable!r}, nhóm {domain!r}: {kind} = {asked:g} không thể đạt với mức tối đa của các tầng, "
        "tốt nhất {best:.4g}",
        "variable {variable!r}, domain {domain!r}: {kind} = {asked:g} is out of reach at the maximum of the strata; "
        "the best is {best:.4g}",
    ),
    "no_convergence": (
        "phân bổ nhiều biến không hội tụ sau {iterations} bước; còn vượt nhất: biến {variable!r}, nhóm {domain!r}, "
        "{excess:.2g} phần",
        "the multivariate allocation did not converge in {iterations} steps; worst: variable {variable!r}, "
        "domain {domain!r}, off by a share of {excess:.2g}",
    ),
    "fewer_adults_than_thon": (
        "xã/phường {stratum!r} (thứ {place}): {adults:g} người mà có {thon:g} thôn",
        "commune {stratum!r} (no. {place}): {adults:g} adults in {thon:g} thôn",
    ),
    "more_thon_than_there_are": (
        "xã/phường {stratum!r} (thứ {place}): lấy {asked:g} thôn nhưng chỉ có {thon:g}",
        "commune {stratum!r} (no. {place}): {asked:g} thôn are asked for, there are {thon:g}",
    ),
    "more_people_than_there_are": (
        "xã/phường {stratum!r} (thứ {place}): hỏi {asked:g} người mỗi thôn nhưng mỗi thôn chỉ có khoảng {adults:.4g} "
        "người sẽ trả lời",
        "commune {stratum!r} (no. {place}): {asked:g} answers per thôn are asked for, about {adults:.4g} can be had",
    ),
    "city_out_of_reach": (
        "toàn thành phố không đạt ±{margin:g} với {take:g} người mỗi thôn, dù lấy mọi thôn: còn ±{best:.4g}",
        "the city does not reach ±{margin:g} with {take:g} people per thôn, even from every thôn: ±{best:.4g} is left",
    ),
}
