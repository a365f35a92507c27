"""The words of ``survey rank`` and ``survey small-area``: headings and notes (Vietnamese, English)."""

from __future__ import annotations

from survey_app.cli.tabular import Words

HEADINGS: dict[str, Words] = {
    "block": ("Khối", "Block"),
    "unit": ("Đơn vị", "Unit"),
    "n": ("n", "n"),
    "estimate": ("Ước lượng", "Estimate"),
    "se": ("SE", "SE"),
    "rank": ("Hạng", "Rank"),
    "rank_low": ("Đồng thời: từ", "All at once: from"),
    "rank_high": ("đến", "to"),
    "own_low": ("Riêng: từ", "By itself: from"),
    "own_high": ("đến", "to"),
    "interval_low": ("Theo khoảng: từ", "By intervals: from"),
    "interval_high": ("đến", "to"),
    "groups": ("Nhóm", "Groups"),
    "among_best": ("Có thể trong nhóm đầu", "May be among the best"),
    "plain": ("Trung bình thô", "Plain mean"),
    "plain_rank": ("Hạng thô", "Plain rank"),
    "rank_change": ("Đổi hạng", "Change"),
    # small areas
    "area": ("Địa bàn", "Area"),
    "direct": ("Trực tiếp", "Direct"),
    "direct_se": ("SE", "SE"),
    "direct_cv": ("CV %", "CV %"),
    "synthetic": ("Hồi quy", "Regression"),
    "gamma": ("γ", "γ"),
    "cv": ("CV %", "CV %"),
    "borrowed": ("Vay thông tin", "Borrowed"),
    "source": ("Nguồn", "Source"),
    "residual": ("Phần dư", "Residual"),
}
SOURCES: dict[str, Words] = {
    "model": ("mô hình", "model"),
    "synthetic": ("chỉ hồi quy, không có mẫu", "regression only, no sample"),
}
CHART: Words = (
    "Ước lượng mô hình vay thông tin từ địa bàn khác, khoảng {level} %: để tham khảo",
    "Model estimates that borrow strength from other areas, {level}% intervals: to inform only",
)
CHART_OF_RATERS: Words = (
    "Hạng khi tách độ khắt khe của người chấm: để tham khảo",
    "Ranks apart from the harshness of raters: to inform only",
)
NO_SAMPLE: Words = ("(không có mẫu)", "(no sample)")
CHANCES: Words = (
    "Xác suất (%) đơn vị ở dòng thực sự xếp trên đơn vị ở cột",
    "Chance (%) that the row truly ranks above the column",
)
NOTES: dict[str, Words] = {
    "simulated": (
        "Tập hạng ở mức {level} %: mô phỏng {draws} lần, seed {seed}; có thể lặp lại bằng --seed {seed}",
        "Rank sets at {level}%: {draws} simulated draws, seed {seed}; --seed {seed} repeats them",
    ),
    "undecided": (
        "{head}{undecided} trên {pairs} cặp đơn vị không phân biệt được",
        "{head}{undecided} of {pairs} pairs of units cannot be told apart",
    ),
    "group": ("{head}Nhóm {number}: {members}", "{head}Group {number}: {members}"),
    "best": (
        "{head}{count} đơn vị có thể thuộc {top} đơn vị đứng đầu: {members}",
        "{head}{count} units may be among the best {top}: {members}",
    ),
    "independent": (
        "Các ước lượng được coi là độc lập; nếu nhiều đơn vị do cùng một người chấm, hãy dùng --covariance hoặc --mean",
        "Estimates are taken as independent; where the same people rated several units use --covariance or --mean",
    ),
    "shared": (
        "Sai số của hiệu giữa các đơn vị tính cả người trả lời chung ({rows} dòng, {units} đơn vị mẫu)",
        "Errors of differences take common respondents into account ({rows} rows, {units} sampling units)",
    ),
    "left_out": (
        "Không xếp hạng {count} đơn vị thiếu ước lượng hoặc sai số: {members}",
        "{count} units without an estimate or an error are not ranked: {members}",
    ),
    "zero_error": (
        "Sai số bằng không ở {members}: được coi là biết chắc. Nếu chỉ vì ít người trả lời giống nhau thì tập hạng hẹp "
        "hơn thực tế",
        "The error is zero for {members}: they are taken as known. If that is because a few people agree, the sets are "
        "too narrow",
    ),
    "lowest": ("Hạng 1 là giá trị thấp nhất", "Rank 1 is the lowest value"),
    "harshness": (
        "Ước lượng là trung bình của đơn vị nếu mọi người trả lời đều chấm đơn vị đó; {comparing} trên {people} người "
        "chấm từ hai đơn vị trở lên. Để tham khảo, không dùng để tính điểm hay hạng chính thức",
        "The estimate is the mean a unit would have if all respondents had rated it; {comparing} of {people} rated two "
        "units or more. It informs; no points and no official ranks are made of it",
    ),
    "rater_spread": (
        "Độ lệch chuẩn của độ khắt khe giữa những người chấm: {rater}; của sai số: {error}",
        "Standard deviation of harshness between raters: {rater}; of errors: {error}",
    ),
    "blank_ratings": (
        "Bỏ {count} dòng không có điểm",
        "{count} rows without a rating are left out",
    ),
    "rank_changes": (
        "{moved} trên {units} đơn vị đổi hạng so với trung bình thô, nhiều nhất {most} bậc",
        "{moved} of {units} units change places against plain means, by {most} at most",
    ),
    # small areas
    "informs": (
        "Ước lượng vay thông tin từ các địa bàn khác: để tham khảo, không dùng để tính điểm hay xếp hạng",
        "These estimates borrow strength from other areas: they inform, and enter no points and no ranks",
    ),
    "coefficient": ("Hệ số {name}: {value} (SE {se})", "Coefficient {name}: {value} (SE {se})"),
    "variance": (
        "Phương sai giữa các địa bàn ({method}): {variance} (SE {se}); bằng {ratio} lần phương sai mẫu trung vị; tỷ "
        "trọng trung bình của ước lượng trực tiếp {gamma} %",
        "Variance between areas ({method}): {variance} (SE {se}); {ratio} times the median sampling variance; mean "
        "share of the direct estimates {gamma}%",
    ),
    "zero_variance": (
        "Phương sai giữa các địa bàn ước lượng bằng 0: mọi địa bàn chỉ nhận giá trị hồi quy, câu trả lời riêng của "
        "địa bàn không còn ảnh hưởng",
        "The variance between areas is estimated as zero: every area gets the regression alone, whatever its own "
        "answers say",
    ),
    "normality": (
        "Phần dư chuẩn hóa: Shapiro–Wilk W = {w}, p = {p}; {beyond} địa bàn nằm ngoài ±3",
        "Standardised residuals: Shapiro–Wilk W = {w}, p = {p}; {beyond} areas beyond ±3",
    ),
    "not_normal": (
        "Phần dư không giống phân phối chuẩn: sai số của mô hình có thể không đúng; hãy xem các địa bàn có phần dư lớn",
        "Residuals do not look normal: the errors of the model may be wrong; look at the areas with large residuals",
    ),
    "covered": (
        "Khoảng 95 % của ước lượng trực tiếp chứa ước lượng mô hình ở {share} % địa bàn",
        "The 95% interval of the direct estimate holds the model estimate in {share}% of the areas",
    ),
    "unsampled": (
        "{count} địa bàn không có mẫu: chỉ có giá trị hồi quy (synthetic)",
        "{count} areas have no sample: they get the regression alone (synthetic)",
    ),
    "benchmarked": (
        "Đã cộng {move} vào mọi ước lượng để khớp với trung bình trực tiếp theo {column}; SE là của mô hình",
        "{move} was added to every estimate to match the direct mean by {column}; errors are those of the model",
    ),
}
