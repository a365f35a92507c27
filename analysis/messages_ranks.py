"""The sentences about ranks, small areas and harshness: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

RANK_TEXTS: Mapping[str, tuple[str, str]] = {
    "bad_top": (
        "nhóm đứng đầu gồm {count} đơn vị, nhưng chỉ có {units} đơn vị được xếp hạng; hãy cho một số từ 1 đến {units}",
        "the best {count} were asked for among {units} ranked units; give a number from 1 to {units}",
    ),
    "unit_twice": (
        "đơn vị {unit} xuất hiện ở nhiều dòng ({rows}); mỗi đơn vị chỉ được một dòng, nếu có nhiều khối hãy dùng --by",
        "unit {unit} stands in several rows ({rows}); a unit has one row only, where there are blocks use --by",
    ),
    "covariance_rows": (
        "{file}: ma trận hiệp phương sai có {rows} dòng không khớp với {units} đơn vị; cần một dòng và một cột cho mỗi "
        "đơn vị, tên đơn vị ở cột đầu hoặc theo thứ tự các cột",
        "{file}: {rows} rows of the covariance matrix do not match {units} units; a row and a column for each are "
        "needed, named in the first column or in the order of the columns",
    ),
    "borrowed_ranked": (
        "{file}, dòng {rows}: ước lượng vay thông tin từ địa bàn khác (cột borrowed) chỉ để tham khảo, không được xếp "
        "hạng; hãy dùng ước lượng trực tiếp",
        "{file}, rows {rows}: estimates that borrow strength (column borrowed) inform only and are not ranked; rank "
        "the direct estimates",
    ),
    # small areas
    "small_area_rows": (
        "cột {name} có {found} giá trị, các cột khác có {expected}; mỗi địa bàn cần đúng một dòng",
        "{name} has {found} values and the other columns {expected}; every area needs exactly one row",
    ),
    "small_area_blank": (
        "dòng {rows}: thiếu biến giải thích {name}; mô hình cần biến này ở mọi địa bàn, kể cả nơi không có mẫu",
        "rows {rows}: covariate {name} is missing; the model needs it for every area, also for those without a sample",
    ),
    "small_area_half": (
        "dòng {rows}: chỉ có một trong hai số ước lượng và phương sai; để trống cả hai nếu địa bàn không có mẫu",
        "rows {rows}: of estimate and variance one is missing; leave both blank for an area without a sample",
    ),
    "small_area_variance": (
        "dòng {rows}: phương sai phải là số dương; địa bàn mà mọi câu trả lời giống nhau không có sai số đáng tin, "
        "hãy làm trơn phương sai hoặc để trống ước lượng",
        "rows {rows}: a variance must be above zero; where all answers agree the error is not known: smooth the "
        "variances, or leave the estimate blank",
    ),
    "small_area_few": (
        "chỉ có {areas} địa bàn có ước lượng trực tiếp cho {coefficients} hệ số; cần ít nhất {least} địa bàn",
        "only {areas} areas have a direct estimate, for {coefficients} coefficients; at least {least} are needed",
    ),
    "small_area_collinear": (
        "biến giải thích {name} là hằng số hoặc là tổ hợp của các biến đứng trước; hãy bỏ biến này",
        "covariate {name} is constant or a combination of those before it; leave it out",
    ),
    "small_area_not_converged": (
        "không tìm được phương sai giữa các địa bàn sau {iterations} bước; hãy kiểm tra đơn vị đo của ước lượng và "
        "phương sai",
        "the variance between areas was not found in {iterations} steps; check the units of estimates and variances",
    ),
    "bad_shares": (
        "tỷ trọng của các địa bàn phải là số không âm, không trống và có tổng dương (dòng {rows})",
        "shares of areas must be zero or more, none blank, and add up to more than zero (rows {rows})",
    ),
    # harshness of raters
    "ratings_blank": (
        "dòng {rows}: điểm hoặc quyền số không phải số hữu hạn, hoặc quyền số không dương; hãy bỏ các dòng đó trước",
        "rows {rows}: a rating or its weight is not a finite number, or the weight not above zero; leave those out",
    ),
    "too_few_units": (
        "chỉ có {units} đơn vị; cần ít nhất hai đơn vị để so sánh",
        "there is only {units} unit; a comparison needs two or more",
    ),
    "nobody_compares": (
        "không có người trả lời nào chấm từ hai đơn vị trở lên; không thể tách độ khắt khe của người chấm",
        "no respondent rated two units or more, so the harshness of raters cannot be set apart",
    ),
    "units_not_connected": (
        "các đơn vị chia thành {groups} nhóm không có người chấm chung ({example}); không so sánh được giữa các nhóm, "
        "hãy xếp hạng riêng từng nhóm",
        "the units fall into {groups} groups without a common respondent ({example}); groups cannot be compared, "
        "rank each by itself",
    ),
    "no_residual_freedom": (
        "có {ratings} điểm cho {parameters} tham số; không còn thông tin để tính sai số",
        "there are {ratings} ratings for {parameters} parameters; nothing is left to find errors from",
    ),
    "random_weighted": (
        "quyền số chỉ dùng khi độ khắt khe của từng người là cố định, không dùng với độ khắt khe ngẫu nhiên",
        "weights go with fixed respondents, not with random ones",
    ),
}
