"""The words of ``survey quality``: what each sign and test means, in both languages."""

from __future__ import annotations

from survey_app.cli.tabular import Words

SIGNS: dict[str, Words] = {
    "longest_string": ("Chuỗi câu trả lời giống nhau dài nhất", "Longest string of one answer"),
    "average_string": ("Độ dài trung bình của chuỗi giống nhau", "Average string of one answer"),
    "variability": ("Độ phân tán câu trả lời trong phiếu (IRV)", "Variability within the ballot (IRV)"),
    "distance": ("Khoảng cách tới phiếu trung bình (Mahalanobis)", "Distance from the average ballot (Mahalanobis)"),
    "even_odd": ("Nhất quán câu chẵn – câu lẻ", "Even–odd consistency"),
    "synonyms": ("Nhất quán giữa các câu gần nghĩa", "Agreement on items that go together"),
    "antonyms": ("Nhất quán giữa các câu trái nghĩa", "Agreement on items that go against each other"),
    "person_fit": ("Khen chê ngược số đông (lỗi Guttman)", "Praise and blame against the order (Guttman errors)"),
    "nonresponse": ("Số câu bỏ trống", "Items left blank"),
    "speed": ("Trả lời quá nhanh (giây mỗi câu)", "Too fast (seconds per answer)"),
    "near_duplicate": ("Gần trùng với phiếu khác", "Nearly the same as another ballot"),
    "any": ("Có ít nhất một dấu hiệu", "Any sign"),
}
TESTS: dict[str, Words] = {
    "flagged": ("nhiều phiếu có dấu hiệu", "many ballots with signs"),
    "copies": ("phiếu gần trùng trong cụm", "near-duplicates inside the cluster"),
    "variance": ("các phiếu quá giống nhau", "ballots too much alike"),
    "mean": ("điểm cao bất thường", "unusually high answers"),
}
TITLES: dict[str, Words] = {
    "signs": ("Dấu hiệu theo phiếu", "Signs by ballot"),
    "clusters": ("Cụm nổi bật", "Clusters that stand out"),
    "all-clusters": ("Mọi cụm đã xét", "All clusters tested"),
    "icc": ("Tương quan nội cụm theo câu hỏi", "Intraclass correlation by item"),
    "ballots": ("Dấu hiệu của từng phiếu", "Signs of each ballot"),
    "pairs": ("Các cặp phiếu gần trùng", "Pairs of near-duplicates"),
}
HEADINGS: dict[str, Words] = {
    "sign": ("Tên", "Name"),
    "meaning": ("Dấu hiệu", "Sign"),
    "low": ("Ngưỡng dưới", "Low limit"),
    "high": ("Ngưỡng trên", "High limit"),
    "n": ("Số phiếu", "Ballots"),
    "flagged": ("Bị đánh dấu", "Flagged"),
    "share": ("Tỷ lệ (%)", "Share (%)"),
    "expected_share": ("Báo nhầm (%)", "Expected (%)"),
    "column": ("Cột", "Column"),
    "cluster": ("Cụm", "Cluster"),
    "reason": ("Lý do", "Reason"),
    "value": ("Giá trị", "Value"),
    "expected": ("Nếu ngẫu nhiên", "By chance"),
    "p": ("p", "p"),
    "p_adjusted": ("p hiệu chỉnh", "Adjusted p"),
    "item": ("Câu", "Item"),
    "icc": ("ICC", "ICC"),
    "n_clusters": ("Số cụm", "Clusters"),
    "ci_low": ("Từ", "From"),
    "ci_high": ("Đến", "To"),
    "size": ("Cỡ cụm", "Size"),
    "design_effect": ("Hiệu ứng thiết kế", "Design effect"),
    "row": ("Dòng", "Row"),
    "twin": ("Dòng gần trùng", "Nearly the same row"),
    "beyond_chance": ("Ngoài ngẫu nhiên", "Beyond chance"),
    "differing": ("Số câu khác", "Answers that differ"),
}
NOTES: dict[str, Words] = {
    "decides": (
        "Đây chỉ là dấu hiệu cần xem lại, không phải kết luận: không phiếu nào bị loại. Người có thẩm quyền xem phiếu, "
        "hỏi lại (phúc tra) rồi mới quyết định.",
        "These are signs to look into, not findings: no ballot is dropped. Whoever is in charge looks at the ballots, "
        "asks again (recontact), and only then decides.",
    ),
    "rate": (
        "Ngưỡng lấy từ phiếu trung thực mô phỏng theo chính bảng hỏi này, mỗi dấu hiệu báo nhầm nhiều nhất {rate} %; "
        "ngưỡng ∞ nghĩa là người trung thực cũng thường trả lời như vậy nên không đánh dấu ai.",
        "Limits come from simulated honest ballots of this questionnaire, at most {rate}% of which each sign flags; an "
        "infinite limit means that honest people answer so too often to flag anybody.",
    ),
    "duplicates": (
        "Phiếu gần trùng: khác nhau nhiều nhất {different} câu, xét trong {compared} phiếu có ít nhất {least} câu trả "
        "lời khác mức phổ biến; phiếu ít nét riêng hơn giống nhau là chuyện thường nên không xét.",
        "Near-duplicates differ in at most {different} answers, among {compared} ballots with at least {least} answers "
        "off the common line; ballots with fewer are alike by chance and are not compared.",
    ),
    "clusters": (
        "Cụm: {tests} phép thử, trong số cụm được nêu tên có nhiều nhất {rate} % là do ngẫu nhiên "
        "(Benjamini–Hochberg); {small} cụm có dưới {least} phiếu không xét.",
        "Clusters: {tests} tests; of those named at most {rate}% are chance (Benjamini–Hochberg); {small} clusters of "
        "fewer than {least} ballots were not tested.",
    ),
    "few_clusters": (
        "Cột {column} có dưới mười cụm: chưa trừ được khác biệt thật giữa các cụm; cụm nổi bật có thể "
        "chỉ là nơi khác biệt.",
        "Column {column} has fewer than ten clusters: true differences between them are not discounted; one that "
        "stands out may just be a different place.",
    ),
    "no_scales": ("Không tính nhất quán chẵn – lẻ: chưa khai báo --scale.", "No even–odd consistency: give --scale."),
    "no_pairs": (
        "Không tính {sign}: chưa đủ ba cặp câu tương quan trên {critical}.",
        "No {sign}: fewer than three pairs of items correlate beyond {critical}.",
    ),
    "seed": ("Hạt giống (--seed) {seed}", "Seed (--seed) {seed}"),
}
