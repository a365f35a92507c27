"""The words of ``survey estimate``: headings, reasons, notes."""

from __future__ import annotations

from survey_app.cli.tabular import Words

ESTIMATE: dict[str, Words] = {
    "mean": ("Trung bình", "Mean"),
    "total": ("Tổng", "Total"),
    "ratio": ("Tỷ số", "Ratio"),
    "proportion": ("Tỷ lệ", "Proportion"),
    "quantile": ("Phân vị", "Quantile"),
    "contrast": ("Chênh lệch", "Difference"),
}
HEADINGS: dict[str, Words] = {
    "item": ("Biến", "Item"),
    "contrast": ("So sánh", "Contrast"),
    "q": ("q", "q"),
    "se": ("SE", "SE"),
    "cv": ("CV (%)", "CV (%)"),
    "n": ("n", "n"),
    "size": ("Tổng quyền số", "Sum of weights"),
    "df": ("Bậc tự do", "df"),
    "deff": ("Deff", "Deff"),
    "note": ("Ghi chú", "Note"),
    "se_method": ("Cách tính SE", "SE by"),
}
DENOMINATORS: Words = ("Tổng mẫu số", "Sum of denominators")
FROM: Words = ("KTC {level} %: từ", "{level}% CI: from")
TO: Words = ("đến", "to")

SHORT: dict[str, Words] = {
    "no_answers": ("không có trả lời", "no answers"),
    "zero_denominator": ("mẫu số bằng 0", "denominator is zero"),
    "no_degrees_of_freedom": ("không có bậc tự do", "no degrees of freedom"),
    "zero_error": ("sai số bằng 0", "error is zero"),
    "lost_in_replicate": ("mất trong một lần lặp", "lost in a replicate"),
    "open_interval": ("khoảng hở", "open interval"),
}
REASONS: dict[str, Words] = {
    "no_answers": (
        "không có trả lời: không có câu trả lời hợp lệ nào (với quyền số dương) trong nhóm này",
        "no answers: there is no valid answer (with a positive weight) in this domain",
    ),
    "zero_denominator": (
        "mẫu số bằng 0: các mẫu số cộng lại bằng 0 nên không có tỷ số",
        "denominator is zero: the denominators add up to zero, so there is no ratio",
    ),
    "no_degrees_of_freedom": (
        "không có bậc tự do: mọi trả lời nằm trong một đơn vị mẫu duy nhất (của mỗi tầng), không có gì để so sánh nên "
        "không biết sai số; không có khoảng tin cậy",
        "no degrees of freedom: the answers come from a single sampling unit (of each stratum), which there is nothing "
        "to compare with; there is no confidence interval",
    ),
    "zero_error": (
        "sai số bằng 0: mọi đơn vị mẫu cho cùng một kết quả. Đó chỉ là chắc chắn khi đã hỏi toàn bộ, hoặc khi biến nằm "
        "trong tầng hay số kiểm soát; vài người trả lời giống nhau thì không",
        "error is zero: all sampling units gave the same result. That is certainty only where everybody was asked, or "
        "where the item is known from the strata or the controls; not where a few people agree",
    ),
    "lost_in_replicate": (
        "mất trong một lần lặp: có lần lặp không còn ai trong nhóm này nên không có sai số; hãy dùng Taylor "
        "(bỏ --replicates) hoặc ghép nhóm",
        "lost in a replicate: some replicate leaves nobody in this domain, so there is no error; use Taylor (leave out "
        "--replicates) or join domains",
    ),
    "open_interval": (
        "khoảng hở: mẫu không đủ để chặn khoảng tin cậy ở một phía (vô cực), SE vì thế cũng vô cực",
        "open interval: the sample sets no limit on one side (infinity), so that SE is infinite too",
    ),
}

NOTES: dict[str, Words] = {
    "no_design": (
        "Mỗi dòng tính một lần: không khai báo quyền số hay thiết kế mẫu.",
        "Every row counts once; no design was given.",
    ),
    "no_weights": (
        "Không khai báo quyền số: mỗi dòng tính một lần.",
        "No weights were given: every row counts once.",
    ),
    "no_units": (
        "Không khai báo tầng và đơn vị mẫu: sai số tính như thể từng dòng được chọn độc lập.",
        "No strata and no sampling units were given: errors are those of rows drawn independently.",
    ),
    "design": (
        "{rows} dòng, {units} đơn vị mẫu giai đoạn một trong {strata} tầng; bậc tự do của cả mẫu: {df}.",
        "Rows: {rows}; first-stage units: {units}; strata: {strata}; degrees of freedom of the whole: {df}.",
    ),
    "zero_rows": (
        "Số dòng có quyền số 0: {n}. Các dòng này không góp gì vào ước lượng, nhưng đơn vị mẫu của chúng vẫn được tính "
        "là đơn vị đã rút khi tính sai số (như R); bậc tự do chỉ đếm đơn vị có quyền số dương.",
        "Rows with the weight 0: {n}. They add nothing to estimates, but their sampling units count as drawn when "
        "errors are computed (as in R); degrees of freedom count units with a positive weight.",
    ),
    "lonely": (
        "{n} tầng chỉ có một đơn vị mẫu; quy tắc: {rule}.",
        "Strata with a single sampling unit: {n}; rule: {rule}.",
    ),
    "blank_group": (
        "{n} dòng để trống ở {columns}: không thuộc nhóm nào.",
        "Rows blank in {columns}: {n}; they are in no domain.",
    ),
    "blank_condition": (
        "{n} dòng để trống ở cột của --where: bị loại khỏi nhóm.",
        "Rows blank in a column of --where: {n}; they are outside the domain.",
    ),
    "calibrated": (
        "Quyền số được hiệu chỉnh theo {n} số kiểm soát; phương sai đã tính đến điều đó.",
        "Controls that the weights were calibrated to: {n}; the variance knows about it.",
    ),
    "replicates": (
        "Sai số từ {n} lần lặp ({method}).",
        "Errors from {n} replicates ({method}).",
    ),
    "seed": ("Hạt giống: {seed}", "Seed: {seed}"),
    "deff": (
        "Deff bỏ trống ở nơi quyền số cộng lại không lớn hơn số người trả lời (dùng --deff with), hoặc mọi câu trả lời "
        "giống nhau.",
        "Deff is blank where weights add up to no more than the respondents (use --deff with), or all answers are "
        "alike.",
    ),
    "partitions": (
        "Đã cộng {rows} dòng từ {n} phần của dữ liệu.",
        "Rows: {rows}, added up over the partitions of the data ({n}).",
    ),
    "no_domain": (
        "Không có dòng nào thuộc nhóm của --by.",
        "No row is in a domain of --by.",
    ),
}

PROGRESS: Words = ("Đang tính", "Estimating")
NO_DEFF = "--deff does not go with replicates, --compare and --contrast, which have no design effect"
NOT_IN_PARTITIONS = "quantiles, replicates and calibration need all rows together; give one file that fits into memory"
NO_REPLICATES = "quantiles have no errors from replicates; leave replicates out of the design file"
RANDOM_ONLY = "--n-replicates and --seed go with --replicates bootstrap and canty-davison"
FAY_ONLY = "--fay-rho goes with --replicates fay, which needs it (0 < rho < 1)"
PAIR = "{text!r} is no ratio; write it as numerator/denominator"
COMPARE = "{text!r}: write COL=VALUE,VALUE"
CONTRAST = "{text!r}: write COL=VALUE:LOAD,VALUE:LOAD, such as type=E:1,H:-0.5,M:-0.5"
