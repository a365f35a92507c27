"""Refusals of replicates: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

REPLICATE_TEXTS: Mapping[str, tuple[str, str]] = {
    "jk1_with_strata": (
        "thiết kế có {strata} tầng: JK1 chỉ dùng cho mẫu không phân tầng; hãy dùng JKn",
        "the design has {strata} strata: JK1 is for samples without strata; use JKn",
    ),
    "odd_stratum": (
        "tầng của dòng {row} có {drawn} đơn vị mẫu: nửa mẫu cân bằng (BRR) cần số chẵn, nếu không một đơn vị sẽ bị "
        "che khuất; hãy dùng JKn hoặc bootstrap",
        "the stratum of row {row} has {drawn} sampling units: balanced half-samples (BRR) need an even number, else "
        "one unit is hidden; use JKn or a bootstrap",
    ),
    "bad_fay_rho": (
        "hệ số Fay là {rho}; phải từ 0 đến dưới 1",
        "Fay's factor is {rho}; it must be 0 or more and below 1",
    ),
    "bad_hadamard": (
        "ma trận Hadamard không dùng được: cần ma trận vuông ±1 (hoặc 0/1) có các hàng trực giao, hơn {pairs} hàng, "
        "các hàng sau hàng đầu có tổng bằng 0; ma trận đã cho có {rows} hàng",
        "unsuitable Hadamard matrix: it must be square, of ±1 (or 0/1), with rows at right angles, more than {pairs} "
        "of them, and all but the first summing to zero; the one given has {rows} rows",
    ),
    "fpc_unknown_to_method": (
        "phương pháp {method} không tính đến số đơn vị của tổng thể (fpc) mà thiết kế khai báo; hãy dùng JKn hoặc "
        "bootstrap, hoặc chấp nhận bỏ qua fpc (ignore_fpc)",
        "{method} takes no account of the population sizes (fpc) of the design; use JKn or bootstrap, or accept that "
        "they are ignored (ignore_fpc)",
    ),
    "lonely_in_replicates": (
        "tầng của dòng {row} chỉ có một đơn vị mẫu và quy tắc là {rule}: phương pháp này không lặp lại được quy tắc "
        "đó; hãy dùng JKn hoặc khai báo certainty",
        "the stratum of row {row} has a single sampling unit under the rule {rule}, which this method cannot repeat; "
        "use JKn or declare certainty",
    ),
    "nothing_varies": (
        "mọi đơn vị mẫu đều được chọn chắc chắn nên các mẫu lặp không khác nhau; không có phương sai để ước lượng",
        "all sampling units are certain, so replicates do not differ; there is no variance to estimate",
    ),
    "too_few_replicates": (
        "số mẫu lặp là {replicates}; cần ít nhất 2 (nên từ 200 trở lên)",
        "there are {replicates} replicates; at least 2 are needed (better 200 or more)",
    ),
    "bad_factor": (
        "quyền số lặp ở dòng {row}, mẫu lặp {replicate} không phải là số hữu hạn",
        "the replicate weight in row {row}, replicate {replicate} is not a finite number",
    ),
    "replicates_of_no_weight": (
        "dòng {row} có quyền số 0 nhưng có quyền số lặp lớn hơn 0: hai cột không cùng một mẫu",
        "row {row} has the weight 0 but a replicate weight above 0: the columns are not those of one sample",
    ),
    "factors_vary": (
        "quyền số lặp của dòng {row} khác các dòng cùng đơn vị mẫu; hãy khai báo thiết kế có mỗi dòng là một đơn vị",
        "the replicate weights of row {row} differ from those of its sampling unit; give a design whose rows are units",
    ),
    "bad_scales": (
        "scale và rscales phải là số không âm, mỗi mẫu lặp một số ({replicates})",
        "scale and rscales must be zero or more, one rscale for each of the {replicates} replicates",
    ),
    "replicates_of_another_design": (
        "các mẫu lặp thuộc thiết kế có {found} đơn vị mẫu, thiết kế này có {expected}",
        "the replicates belong to a design of {found} sampling units; this one has {expected}",
    ),
    "no_deff_by_replicates": (
        "hệ số thiết kế (deff) chưa tính được bằng mẫu lặp; hãy bỏ deff hoặc dùng phương sai Taylor",
        "design effects are not computed from replicates; leave deff out or use Taylor variances",
    ),
    "denominators_of_ratios": (
        "{statistic}: mẫu số chỉ dùng cho tỷ số (ratio), và tỷ số cần tên cột tử số và mẫu số",
        "{statistic}: denominators go with ratios, and a ratio needs names of numerators and denominators",
    ),
    "lost_in_replicate": (
        "mẫu lặp {replicate} không còn ai trong một miền được dùng; không tính được hiệp phương sai",
        "replicate {replicate} leaves nobody in a domain that is used; there is no covariance",
    ),
    "replicate_lost_level": (
        "mẫu lặp {replicate}: không còn ai thuộc {column} (tổng kiểm soát {total:g}); hãy gộp nhóm này với nhóm khác",
        "replicate {replicate}: nobody is left of {column} (control {total:g}); join it with another level",
    ),
    "replicate_not_calibrated": (
        "mẫu lặp {replicate}: hiệu chỉnh quyền số không hội tụ; {column} đạt {reached:g}, cần {wanted:g}; hãy nới "
        "rộng giới hạn (bounds), dùng phương pháp raking không giới hạn, dùng jkn (mẫu lặp ít khác mẫu gốc hơn), hoặc "
        "ghép các mức ít người",
        "replicate {replicate}: calibration does not converge; {column} reaches {reached:g}, wanted {wanted:g}; widen "
        "the bounds, calibrate by raking without bounds, use jkn (its replicates differ less from the sample), or join "
        "levels with few people",
    ),
    "calibration_not_repeated": (
        "dòng {row}: quyền số là {given:g} nhưng lặp lại việc hiệu chỉnh cho {repeated:g} (có giới hạn hoặc cắt bớt "
        "quyền số); mẫu lặp không lặp lại được bước đó",
        "row {row}: the weight is {given:g} but repeating the calibration gives {repeated:g} (bounds on weights, or "
        "trimming); replicates cannot repeat that step",
    ),
    "function_undefined": (
        "hàm không cho số hữu hạn, hoặc cho số lượng kết quả khác{replicate}: {value}",
        "the function gives no finite numbers, or another count of them{replicate}: {value}",
    ),
}
