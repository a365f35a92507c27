"""The words of ``survey test`` and ``survey model``: headings, titles, notes."""

from __future__ import annotations

from survey_app.cli.tabular import Words

HEADINGS: dict[str, Words] = {
    "item": ("Biến", "Item"),
    "by": ("Theo", "By"),
    "first": ("Nhóm A", "Group A"),
    "second": ("Nhóm B", "Group B"),
    "difference": ("A - B", "A - B"),
    "groups": ("Số nhóm", "Groups"),
    "statistic": ("Thống kê", "Statistic"),
    "f": ("F", "F"),
    "t": ("t", "t"),
    "df": ("Bậc tự do", "df"),
    "df1": ("df1", "df1"),
    "df2": ("df2", "df2"),
    "p": ("p", "p"),
    "p_adjusted": ("p hiệu chỉnh", "Adjusted p"),
    "pearson": ("χ² Pearson", "Pearson χ²"),
    "deff": ("Deff trung bình", "Mean deff"),
    "n": ("n", "n"),
    "note": ("Ghi chú", "Note"),
    "term": ("Biến", "Term"),
    "estimate": ("Hệ số", "Coefficient"),
    "se": ("SE", "SE"),
    "ci_low": ("KTC: từ", "CI: from"),
    "ci_high": ("đến", "to"),
    "ratio": ("exp(hệ số)", "exp(coef.)"),
    "ratio_low": ("KTC: từ", "CI: from"),
    "ratio_high": ("đến", "to"),
    "label": ("Yếu tố", "Driver"),
    "importance": ("Tầm quan trọng (LMG)", "Importance (LMG)"),
    "share": ("Tỷ trọng", "Share"),
    "coefficient": ("Hệ số chuẩn hóa", "Standardised coef."),
    "performance": ("Mức thực hiện (0–100)", "Performance (0–100)"),
}
TITLES: dict[str, Words] = {
    "coefficients": ("Hệ số", "Coefficients"),
    "terms": ("Kiểm định Wald từng biến phân loại", "Wald tests of factors"),
}
RATIOS: dict[str, Words] = {
    "logistic": ("Tỷ số odds", "Odds ratio"),
    "ordinal": ("Tỷ số odds", "Odds ratio"),
    "poisson": ("Tỷ số", "Rate ratio"),
}
NOTES: dict[str, Words] = {
    "family": (
        "p hiệu chỉnh cho {count} phép thử ({method}).",
        "Adjusted for {count} tests ({method}).",
    ),
    "second_order": (
        "Rao–Scott bậc hai: χ² chia cho tổng hệ số thiết kế, đối chiếu với F.",
        "Rao–Scott, second order: χ² over the sum of design effects, against F.",
    ),
    "first_order": (
        "Rao–Scott bậc một: p của χ² chia cho hệ số thiết kế trung bình; thống kê in ra chưa chia.",
        "Rao–Scott, first order: p is that of χ² over the mean design effect; the statistic shown is not divided.",
    ),
    "failed": ("{item}: {reason}", "{item}: {reason}"),
    "n": (
        "n = {n} dòng đủ trả lời; {dropped} dòng thiếu bị bỏ. Bậc tự do: {df}. {name} = {r}.",
        "n = {n} complete rows; {dropped} incomplete ones were dropped. Degrees of freedom: {df}. {name} = {r}.",
    ),
    "references": ("Mức gốc: {levels}.", "Reference levels: {levels}."),
    "event": ("Kết quả được tính là 1: {outcome} = {event}.", "Counted as 1: {outcome} = {event}."),
    "levels": (
        "Thứ tự của {outcome}: {levels}. Hệ số dương: nghiêng về mức cao hơn. Giả định tỷ số odds như nhau "
        "ở mọi ngưỡng.",
        "Order of {outcome}: {levels}. A positive coefficient leans to higher levels. Odds ratios are taken to be the "
        "same at all thresholds.",
    ),
    "no_cause": (
        "Tầm quan trọng là phần R² gắn với mỗi yếu tố; đó là liên hệ, không phải tác động.",
        "Importance is the part of R² that goes with each driver; it is association and no effect.",
    ),
    "jackknife": ("Sai số: jackknife, {n} lần lặp.", "Errors: jackknife, {n} replicates."),
    "bootstrap": (
        "Sai số: bootstrap {name}, {n} lần lặp, hạt giống {seed}.",
        "Errors: {name} bootstrap, {n} replicates, seed {seed}.",
    ),
    "no_performance": (
        "{names}: biến phân loại, không có mức thực hiện và không có trên biểu đồ.",
        "{names}: factors, which have no performance and no place in the chart.",
    ),
}
NO_REPLICATES = "errors here are linearised, never from replicates; leave replicates out of the design file"
DRIVER_REPLICATES = "say --replicates here; leave replicates out of the design file"
PAIR = "{text!r}: A,B"
REFERENCE = "{text!r}: COL=LEVEL"
SCALE = "{text!r}: LOW:HIGH, such as 1:5"
