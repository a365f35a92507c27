"""The sentences of :class:`analysis.faults.AnalysisError`: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analysis.messages_models import MODEL_TEXTS
from analysis.messages_quality import QUALITY_TEXTS
from analysis.messages_ranks import RANK_TEXTS
from analysis.messages_replicates import REPLICATE_TEXTS
from analysis.messages_scales import SCALE_TEXTS

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # design
        "no_rows": ("tệp không có dòng nào để ước lượng", "there is no row to estimate from"),
        "row_count": (
            "{name} có {found} dòng, thiết kế mẫu có {expected} dòng; hai bên phải khớp từng dòng",
            "{name} has {found} rows and the design {expected}; they must match row by row",
        ),
        "bad_weights": (
            "quyền số phải là số không âm; dòng {rows} có giá trị {values}",
            "weights must be numbers, zero or more; found {values} (row {rows})",
        ),
        "all_weights_zero": (
            "mọi quyền số đều bằng 0; cần ít nhất một dòng có quyền số dương",
            "all weights are zero; at least one row needs a positive one",
        ),
        "blank_label": (
            "{name} để trống ở dòng {rows}; mỗi dòng phải thuộc một tầng và một đơn vị mẫu",
            "{name} is blank in row {rows}; every row belongs to a stratum and a sampling unit",
        ),
        "psu_in_two_strata": (
            "đơn vị mẫu {psu} xuất hiện ở các tầng {strata}; nếu mã được dùng lại trong mỗi tầng, hãy khai báo nest",
            "sampling unit {psu} stands in strata {strata}; if labels start anew in each stratum, say so (nest)",
        ),
        "fpc_varies": (
            "tầng {stratum}: số đơn vị của tổng thể (fpc) không thống nhất: {values}",
            "stratum {stratum}: the population size (fpc) is not one number: {values}",
        ),
        "fpc_too_small": (
            "tầng {stratum}: rút {drawn} đơn vị nhưng fpc chỉ có {population}",
            "stratum {stratum}: {drawn} units were drawn but fpc says there are {population}",
        ),
        "bad_fpc": (
            "fpc phải là số đơn vị (lớn hơn 1) hoặc tỷ lệ mẫu (từ 0 đến 1), không trộn lẫn; dòng {rows} có {values}",
            "fpc must be counts (above 1) or sampling fractions (0 to 1), not both; found {values} (row {rows})",
        ),
        "stage_without_fpc": (
            "có fpc ở giai đoạn {stage} nhưng giai đoạn trước đó không có; hãy khai báo fpc cho các giai đoạn trước",
            "stage {stage} has an fpc but the stage before has none; give the fpc of the earlier stages",
        ),
        "lonely_psu": (
            "tầng {strata} chỉ có một đơn vị mẫu: không tính được phương sai; hãy ghép tầng hoặc chọn quy tắc "
            "(certainty, adjust, average)",
            "a single sampling unit was drawn in stratum {strata}: no variance can be had; join strata or choose a "
            "rule (certainty, adjust, average)",
        ),
        "nothing_to_average": (
            "tầng {strata} chỉ có một đơn vị mẫu và không có tầng nào khác để lấy trung bình; hãy ghép tầng hoặc chọn "
            "quy tắc certainty hay adjust",
            "a single sampling unit was drawn in stratum {strata} and there is no other to take the average of; join "
            "strata or choose the rule certainty or adjust",
        ),
        # estimate
        "unknown_column": ("không có cột {column}; các cột: {known}", "there is no column {column}; columns: {known}"),
        "no_items": ("chưa nêu cột nào để ước lượng", "no column to estimate is named"),
        "repeated_columns": ("cột {columns} được nêu hơn một lần", "named more than once: {columns}"),
        "not_numeric": (
            "cột {column} không phải là số (ví dụ {value!r}); hãy mã hóa thành số hoặc dùng proportion",
            "column {column} is not numeric (for example {value!r}); code it as numbers or estimate proportions",
        ),
        "no_levels": (
            "cột {columns} không có câu trả lời hợp lệ nào nên không có mức nào để tính tỷ lệ",
            "no valid answer in {columns}, so there is no level to take the share of",
        ),
        "measurement_levels": (
            "cột {column} có {count} mức khác nhau, nhiều hơn {limit}: đây là số đo; hãy dùng mean hoặc quantile",
            "column {column} has {count} different levels, more than {limit}: it is a measurement; estimate its mean "
            "or quantiles",
        ),
        "infinite_value": (
            "cột {column} có giá trị vô cực ở dòng {rows}",
            "column {column} holds an infinite value in rows {rows}",
        ),
        "unpaired_ratio": (
            "có {numerators} tử số và {denominators} mẫu số; mỗi tử số cần một mẫu số",
            "there are {numerators} numerators and {denominators} denominators; each needs its partner",
        ),
        "no_covariances": (
            "ước lượng này không giữ hiệp phương sai; hãy tính lại với covariances",
            "these estimates kept no covariances; compute them again with covariances",
        ),
        "bad_level": (
            "mức tin cậy là {level}; phải nằm giữa 0 và 1",
            "the confidence level is {level}; it must lie between 0 and 1",
        ),
        "where_not_boolean": (
            "điều kiện lọc phải là đúng/sai cho từng dòng, không được để trống",
            "the filter must be true or false for every row, never blank",
        ),
        "unknown_contrast": (
            "không có {name!r} để so sánh; có: {known}",
            "there is no {name!r} to compare; there are: {known}",
        ),
        "unknown_estimate": (
            "không có ước lượng {key}; hãy dùng một trong: {known}",
            "there is no estimate {key}; use one of: {known}",
        ),
        "too_many_covariances": (
            "hiệp phương sai của {count} ước lượng là quá nhiều; hãy chọn tối đa {limit}",
            "covariances of {count} estimates are too many; choose at most {limit}",
        ),
        # cells and partitions
        "no_partitions": (
            "không có tệp Parquet nào để đọc; hãy nêu các tệp, hoặc thư mục có tệp *.parquet",
            "there is no Parquet file to read; name files, or a folder that holds *.parquet",
        ),
        "partition_unreadable": (
            "không đọc được tệp Parquet này ({reason})",
            "this Parquet file cannot be read ({reason})",
        ),
        "partition_types": (
            "cột {column} ở đây và ở {first} không cùng kiểu (chữ, số hay ngày); hãy ghi cùng một kiểu trong mọi tệp",
            "column {column} is not of the same type (text, number, date) here and in {first}; write the same in all",
        ),
        "cells_of_another_kind": (
            "bảng ô này được cộng cho ước lượng {made}, không dùng được cho {kind}; hãy cộng lại với kind={kind}",
            "these cells were added up for kind {made} and do not serve {kind}; make them with kind={kind}",
        ),
        "cells_without_deff": (
            "bảng ô này không giữ số liệu cho hệ số thiết kế; hãy cộng lại với deff=True",
            "these cells kept nothing for design effects; make them with deff=True",
        ),
        "no_distributed": (
            "chưa cài gói distributed để dùng cụm máy; hãy cài survey-platform[cluster] hoặc bỏ địa chỉ scheduler",
            "the package distributed is not installed; install survey-platform[cluster], or give no scheduler",
        ),
        "no_scheduler": (
            "không kết nối được với scheduler {address} ({reason})",
            "the scheduler at {address} does not answer ({reason})",
        ),
        "no_workers": (
            "scheduler {address} chưa có máy làm việc (worker) nào; hãy khởi động ít nhất một worker",
            "the scheduler at {address} has no worker; start at least one",
        ),
        # replicate
        **REPLICATE_TEXTS,
        # response quality
        **QUALITY_TEXTS,
        # quantile
        "quantile_values": (
            "dòng {rows}: giá trị phải là số hữu hạn và quyền số phải là số không âm; hãy bỏ các dòng thiếu trước",
            "rows {rows}: values must be finite and weights zero or more; leave out rows without an answer first",
        ),
        "no_quantile": (
            "không có dòng nào có quyền số dương để tính phân vị",
            "no row has a positive weight, so there is no quantile",
        ),
        "bad_quantile": (
            "phân vị {q} phải nằm từ 0 đến 1 (trung vị là 0.5)",
            "quantile {q} must lie between 0 and 1 (the median is 0.5)",
        ),
        # intervals
        "bad_proportion": (
            "tỷ lệ là {value}; phải nằm từ 0 đến 1 (không phải phần trăm)",
            "a proportion is {value}; it must lie between 0 and 1 (it is no percentage)",
        ),
        "bad_quantity": (
            "{name} có giá trị {value}; phải là số không âm (sai số chuẩn phải hữu hạn; n và df không được để trống)",
            "{name} is {value}; it must be zero or more (a standard error finite; n and df not missing)",
        ),
        "bad_count": (
            "{count} trên {n} câu trả lời: phải là các số nguyên, không âm, và số đếm không vượt quá n",
            "{count} of {n} answers: both must be whole numbers, zero or more, and the count not above n",
        ),
        # charts
        "rows_of_chart": (
            "biểu đồ có {rows} dòng; một trang A4 chứa từ 1 đến {most} dòng",
            "the chart has {rows} rows; a page of A4 holds 1 to {most}",
        ),
        "nothing_to_draw": ("cột {column} không có số nào để vẽ", "column {column} has no number to draw"),
        "not_shares": (
            "mỗi dòng phải là tỷ lệ của các mức trả lời, cộng lại bằng 1, với ít nhất hai mức (có {levels})",
            "every row must hold the shares of levels, summing to 1, of at least two levels (there are {levels})",
        ),
        # ranking
        "not_rankable": (
            "dòng {rows}: thiếu ước lượng hoặc sai số, hoặc phương sai âm; chỉ xếp hạng đơn vị có đủ hai số này",
            "rows {rows}: the estimate or its error is missing, or a variance is negative; rank only units with both",
        ),
        "not_a_covariance": (
            "ma trận hiệp phương sai phải đối xứng và không có phương sai âm",
            "the covariance matrix must be symmetric, without a combination of negative variance",
        ),
        **RANK_TEXTS,
        # small samples and closed groups
        "off_scale": (
            "{item}: ước lượng {value} nằm ngoài thang từ {low} đến {high}; hãy nêu đúng hai đầu của thang điểm",
            "{item}: the estimate {value} lies outside the scale from {low} to {high}; give the two ends of the scale",
        ),
        "cell_not_invited": (
            "có phiếu thuộc ô {cells} nhưng không có ai được mời ở đó; hãy sửa danh sách mời hoặc ô của phiếu",
            "there are ballots in cells {cells} to which nobody was invited; mend the list or the ballots' cell",
        ),
        "more_answers_than_invitees": (
            "ô {cell} có {answered} phiếu mà chỉ mời {invited} người",
            "cell {cell} holds {answered} ballots and only {invited} people were invited",
        ),
        "silent_cells": (
            "không có phiếu nào ở ô {cells}; hãy ghép với ô khác trước khi tính quyền số",
            "no ballot came from cells {cells}; join them with others before weighting",
        ),
        # scales, factors, measurement models
        **SCALE_TEXTS,
        # comparisons and models
        **MODEL_TEXTS,
    }
)
