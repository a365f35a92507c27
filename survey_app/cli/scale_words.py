"""The words of ``survey reliability`` and ``survey factor``: headings, titles, notes."""

from __future__ import annotations

from survey_app.cli.tabular import Words

HEADINGS: dict[str, Words] = {
    "group": ("Nhóm", "Group"),
    "item": ("Câu hỏi", "Item"),
    "items": ("Số câu", "Items"),
    "n": ("n", "n"),
    "dropped": ("Dòng bị bỏ", "Rows left out"),
    "alpha": ("Cronbach α", "Cronbach α"),
    "se": ("SE", "SE"),
    "low": ("KTC: từ", "CI: from"),
    "high": ("đến", "to"),
    "boot_low": ("Bootstrap: từ", "Bootstrap: from"),
    "boot_high": ("đến", "to"),
    "standardized_alpha": ("α chuẩn hóa", "Standardised α"),
    "lambda6": ("λ6", "λ6"),
    "omega": ("ω", "ω"),
    "average_r": ("r trung bình", "Average r"),
    "note": ("Ghi chú", "Note"),
    "mean": ("Trung bình", "Mean"),
    "sd": ("Độ lệch chuẩn", "SD"),
    "rest_r": ("Tương quan biến–tổng hiệu chỉnh", "Item–rest r (r.drop)"),
    "corrected_r": ("r sửa độ tin cậy (r.cor)", "Corrected r (r.cor)"),
    "alpha_without": ("α nếu bỏ câu", "α if dropped"),
    "form": ("Dạng", "Form"),
    "value": ("ICC", "ICC"),
    "f": ("F", "F"),
    "df1": ("df1", "df1"),
    "df2": ("df2", "df2"),
    "p": ("p", "p"),
    "factors": ("Số nhân tố", "Factors"),
    "factor": ("Nhân tố", "Factor"),
    "communality": ("Phần chung", "Communality"),
    "uniqueness": ("Phần riêng", "Uniqueness"),
    "kmo": ("KMO", "KMO"),
    "bartlett_p": ("Bartlett p", "Bartlett p"),
    "chi_square": ("χ²", "χ²"),
    "df": ("Bậc tự do", "df"),
    "cfi": ("CFI", "CFI"),
    "tli": ("TLI", "TLI"),
    "rmsea": ("RMSEA", "RMSEA"),
    "rmsea_low": ("90 %: từ", "90%: from"),
    "rmsea_high": ("đến", "to"),
    "srmr": ("SRMR", "SRMR"),
    "rms": ("RMSR", "RMSR"),
    "variance": ("Phương sai", "Variance"),
    "share": ("Tỷ lệ", "Share"),
    "cumulative": ("Cộng dồn", "Cumulative"),
    "number": ("Thứ tự", "Number"),
    "observed": ("Trị riêng", "Eigenvalue"),
    "random_mean": ("Ngẫu nhiên: trung bình", "Random: mean"),
    "random_quantile": ("Ngẫu nhiên: phân vị", "Random: quantile"),
    "above": ("Vượt ngẫu nhiên", "Above random"),
    "kind": ("Tham số", "Parameter"),
    "estimate": ("Ước lượng", "Estimate"),
    "z": ("z", "z"),
    "standardized": ("Chuẩn hóa", "Standardised"),
    "standardized_se": ("SE chuẩn hóa", "Standardised SE"),
    "composite_reliability": ("Độ tin cậy tổng hợp (CR)", "Composite reliability"),
    "average_variance": ("Phương sai trích (AVE)", "Variance extracted (AVE)"),
    "level": ("Mức bất biến", "Invariance"),
    "chi_square_difference": ("Δχ²", "Δχ²"),
    "df_difference": ("Δdf", "Δdf"),
    "p_difference": ("p của Δχ²", "p of Δχ²"),
    "cfi_difference": ("ΔCFI", "ΔCFI"),
    "test": ("Phép thử", "Test"),
}
TITLES: dict[str, Words] = {
    "scale": ("Độ tin cậy của thang đo", "Reliability of the scale"),
    "items": ("Từng câu hỏi", "Item by item"),
    "icc": ("Hệ số tương quan nội lớp (mỗi cột một người chấm)", "Intraclass correlations (a column is a rater)"),
    "fit": ("Độ phù hợp", "Fit"),
    "loadings": ("Tải trọng", "Loadings"),
    "factors": ("Nhân tố", "Factors"),
    "eigenvalues": ("Trị riêng so với dữ liệu ngẫu nhiên", "Eigenvalues against random data"),
    "scores": ("Điểm nhân tố", "Factor scores"),
    "estimates": ("Tham số", "Parameters"),
    "levels": ("Bất biến đo lường giữa các nhóm", "Measurement invariance across groups"),
    "means": ("Trung bình nhân tố so với nhóm đầu", "Factor means against the first group"),
}
VALUES: dict[str, Words] = {
    "loading": ("tải trọng", "loading"),
    "covariance": ("hiệp phương sai nhân tố", "factor covariance"),
    "residual": ("phương sai riêng", "residual variance"),
    "configural": ("cấu hình", "configural"),
    "metric": ("tải trọng (metric)", "metric"),
    "scalar": ("hệ số chặn (scalar)", "scalar"),
    "plain": ("DWLS", "DWLS"),
    "adjusted": ("DWLS hiệu chỉnh (WLSMV)", "adjusted (WLSMV)"),
    "ml": ("ML", "ML"),
    "components": ("thành phần chính", "components"),
    "factors": ("nhân tố chung", "common factors"),
}
NOTES: dict[str, Words] = {
    "dropped": (
        "{dropped} trên {rows} dòng không trả lời đủ các câu và bị bỏ; n là số dòng còn lại.",
        "{dropped} of {rows} rows did not answer every item and were left out; n counts those that stay.",
    ),
    "pairwise": (
        "Hiệp phương sai tính theo từng cặp câu; n là số câu trả lời của cặp ít nhất.",
        "Covariances are those of each pair of items; n is that of the pair with fewest answers.",
    ),
    "feldt": (
        "KTC {level} % theo Feldt: mẫu ngẫu nhiên đơn giản, câu trả lời gần chuẩn.",
        "The {level}% interval is Feldt's: a simple random sample, answers near normal.",
    ),
    "by_design": (
        "Hiệp phương sai theo quyền số; SE và KTC {level} % theo thiết kế mẫu (tuyến tính hóa).",
        "Covariances are weighted; SE and the {level}% interval are those of the design (linearised).",
    ),
    "reversed": (
        "{items}: ngược chiều với các câu còn lại (tương quan biến–tổng âm). Nếu câu được hỏi ngược, hãy mã hóa lại "
        "trước khi tính; ở đây không câu nào bị tự động đảo.",
        "{items}: against the other items (negative item–rest correlation). If an item is worded the other way, recode "
        "it first; nothing was turned here.",
    ),
    "scales_differ": (
        "Các câu có độ lệch chuẩn rất khác nhau (thang đo khác nhau): hãy dùng α chuẩn hóa.",
        "The items spread very differently (other scales): read the standardised α.",
    ),
    "seed": ("Hạt giống ngẫu nhiên: {seed}", "Random seed: {seed}"),
    "two_items": (
        "Với hai câu không có ω và không có α nếu bỏ câu.",
        "With two items there is no ω, and no α without one of them.",
    ),
    "suggested": (
        "Phân tích song song ({kind}, phân vị {quantile}) gợi ý {suggested} nhân tố.",
        "Parallel analysis ({kind}, quantile {quantile}) suggests {suggested} factors.",
    ),
    "heywood": (
        "{items}: nhân tố giải thích gần hết câu (phần chung 0,995, trường hợp Heywood); hãy giảm số nhân tố hoặc bỏ "
        "câu đó.",
        "{items}: explained almost wholly (communality 0.995, a Heywood case); take fewer factors or leave it out.",
    ),
    "low_kmo": (
        "KMO = {kmo} thấp hơn 0,5: các câu không hợp để phân tích nhân tố.",
        "KMO = {kmo} is below 0.5: these items are not fit for factor analysis.",
    ),
    "weighted_fit": (
        "Tương quan theo quyền số; χ², RMSEA, Bartlett chỉ để mô tả, không phải kiểm định.",
        "Correlations are weighted; χ², RMSEA and Bartlett describe, and test nothing.",
    ),
    "ordinal_fit": (
        "Tương quan polychoric; χ², RMSEA, Bartlett chỉ để mô tả; phân tích song song gợi ý số nhân tố tối đa.",
        "Correlations are polychoric; χ², RMSEA and Bartlett describe; parallel analysis suggests an upper bound.",
    ),
    "adjusted": (
        "Hãy đọc dòng hiệu chỉnh: χ² có trung bình và phương sai của phân phối đối chiếu; p của dòng DWLS không có "
        "nghĩa. CR và AVE là của các biến ẩn sau câu trả lời.",
        "Read the adjusted row: its χ² has the mean and variance of the reference; the p of the plain row means "
        "little. Composite reliability and AVE are of the variables behind the answers.",
    ),
    "first_item": (
        "Câu đầu của mỗi nhân tố có tải trọng cố định bằng 1.",
        "The first item of each factor has its loading fixed to 1.",
    ),
    "mixed_signs": (
        "{items}: tải trọng ngược dấu với các câu khác của nhân tố; nếu câu được hỏi ngược, hãy mã hóa lại trước: CR "
        "tính trên tổng các câu như đang mã hóa.",
        "{items}: loads against the other items of its factor; recode an item that is worded the other way first: "
        "composite reliability is of the sum as the items are coded.",
    ),
    "low_ave": (
        "{factors}: AVE dưới 0,5 (phần chung nhỏ hơn phần riêng).",
        "{factors}: AVE below 0.5 (less is common than unique).",
    ),
    "invariance": (
        "Quy ước (Cheung, Rensvold 2002): CFI giảm quá 0,01 thì không giữ mức đó. So sánh trung bình giữa các nhóm cần "
        "mức scalar. Nhóm: {groups}.",
        "By custom (Cheung, Rensvold 2002) a level is given up where CFI falls by more than 0.01. Means of groups may "
        "be compared at the scalar level. Groups: {groups}.",
    ),
    "no_group": ("{dropped} dòng thiếu câu trả lời hoặc thiếu nhóm.", "{dropped} rows lack an answer or a group."),
    "failed": ("{group}: {reason}", "{group}: {reason}"),
}
