"""Sentences about frames and draws: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SELECTION_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_numbers": ("{vi}: có giá trị không phải là số", "{en}: there are values that are no numbers"),
        "not_a_vector": (
            "{vi}: cần một dãy số có ít nhất một giá trị, nhận được bảng cỡ {shape}",
            "{en}: a sequence of at least one number is needed, not an array of shape {shape}",
        ),
        "missing_numbers": (
            "{vi}: thiếu giá trị hoặc giá trị vô cực ở đơn vị thứ {units}",
            "{en}: missing or infinite for unit {units} (counted from 1)",
        ),
        "size_not_positive": (
            "quy mô của đơn vị thứ {units} là {value}: quy mô phải lớn hơn 0, nếu không đơn vị không bao giờ được chọn",
            "the size of unit {units} (counted from 1) is {value}: it must be above 0, or the unit is never drawn",
        ),
        "n_not_whole": ("cỡ mẫu {n!r} không phải là số nguyên", "the sample size {n!r} is no whole number"),
        "n_not_positive": ("cỡ mẫu là {n}: phải từ 1 trở lên", "the sample size is {n}: it must be 1 or more"),
        "n_exceeds_frame": (
            "cần chọn {n} nhưng danh sách chỉ có {units} đơn vị",
            "{n} are to be drawn, but the list has {units} units only",
        ),
        "sum_not_whole": (
            "tổng các xác suất chọn là {total}: mẫu có cỡ cố định cần tổng là số nguyên",
            "the inclusion probabilities sum to {total}: a sample of fixed size needs a whole number",
        ),
        "not_a_probability": (
            "xác suất chọn của đơn vị thứ {units} là {value}: phải lớn hơn 0 và không quá 1",
            "the inclusion probability of unit {units} (counted from 1) is {value}: it must be above 0 and at most 1",
        ),
        "brewer_too_large": (
            "phương pháp Brewer với {units} đơn vị, cỡ mẫu {n} mất quá lâu: hãy phân tầng, hoặc dùng tille, maxent",
            "Brewer's method takes too long for {units} units and {n} draws: stratify, or use tille or maxent",
        ),
        "no_sample_accepted": (
            "sau {attempts} lần thử không có mẫu {n} trong {units} đơn vị nào được chấp nhận; không dùng phương pháp "
            "khác thay thế: hãy tăng số lần thử hoặc chọn phương pháp khác (tille, brewer)",
            "no sample of {n} of {units} units was accepted in {attempts} attempts, and no other method is put in its "
            "place: allow more attempts or name another method (tille, brewer)",
        ),
        "maxent_unsettled": (
            "không tìm được mẫu entropy cực đại: sau {rounds} vòng lặp xác suất còn lệch {miss:.2g}; có xác suất quá "
            "gần 0 hoặc 1: hãy chọn chắc chắn các đơn vị đó hoặc dùng tille",
            "the maximum entropy design was not found: after {rounds} rounds a probability is still off by {miss:.2g}; "
            "some are too near to 0 or 1: take those units for certain, or use tille",
        ),
        "joint_too_large": (
            "ma trận xác suất chọn cặp của {units} đơn vị quá lớn (tối đa {limit}): chỉ tính cho các đơn vị trong mẫu",
            "joint probabilities of {units} units are too many (at most {limit}): ask for those of the sampled units",
        ),
        "no_joint": (
            "phương pháp {method} không có công thức xác suất chọn cặp: dùng phương sai Deville hoặc xấp xỉ Hájek",
            "the joint probabilities of {method} cannot be written down: use Deville's variance or Hájek's "
            "approximation",
        ),
        "joint_of_one_draw": (
            "xác suất chọn cặp chỉ tính cho mẫu chọn một giai đoạn, không qua lần chọn trước (--stages, --given)",
            "joint probabilities are those of a draw in one stage, from a frame that was not drawn itself (--stages, "
            "--given)",
        ),
        "joint_sample_too_large": (
            "mẫu có {rows} dòng: xác suất chọn cặp chỉ liệt kê cho mẫu không quá {limit} dòng",
            "the sample has {rows} rows: joint probabilities are listed for at most {limit}",
        ),
        "joint_frame_too_large": (
            "khung có {rows} dòng: với phương pháp {method}, xác suất chọn cặp chỉ tính khi khung không quá {limit} "
            "dòng",
            "the frame has {rows} rows: for {method} joint probabilities are worked out from at most {limit}",
        ),
        "joint_not_square": (
            "xác suất chọn cặp phải là ma trận vuông, nhận được bảng cỡ {shape}",
            "joint probabilities must be a square matrix, not an array of shape {shape}",
        ),
        "joint_zero": (
            "xác suất chọn đồng thời đơn vị thứ {first} và thứ {second} của mẫu bằng 0 hoặc thiếu: không có ước lượng "
            "phương sai không chệch (thường gặp khi chọn hệ thống); dùng phương sai Deville",
            "units {first} and {second} of the sample have a joint probability of 0 or none: no unbiased variance "
            "exists (as in systematic draws); use Deville's variance",
        ),
        "lengths_differ": (
            "có {values} giá trị cho {units} đơn vị: hai số phải bằng nhau",
            "there are {values} values for {units} units: the two must agree",
        ),
        "variance_needs_two": (
            "phương sai cần ít nhất hai đơn vị được chọn ngẫu nhiên với xác suất lớn hơn 0, mẫu có {units}",
            "a variance needs at least two units drawn by chance with a probability above 0; there are {units}",
        ),
        "landing_failed": (
            "bước hạ cánh của phương pháp lập phương không giải được: {reason}",
            "the landing of the cube could not be solved: {reason}",
        ),
        "method_needs_size": (
            "phương pháp {method} cần cột quy mô (--size)",
            "the method {method} needs a measure of size (--size)",
        ),
        "method_without_size": (
            "phương pháp {method} chọn với xác suất bằng nhau, cột quy mô sẽ bị bỏ qua: bỏ --size hoặc dùng "
            "phương pháp pps",
            "the method {method} draws with equal probabilities and would pass over the size: leave out --size or use "
            "a pps method",
        ),
        "cube_needs_balance": (
            "phương pháp lập phương (cube) cần ít nhất một biến cân bằng (--balance)",
            "the cube needs at least one balancing variable (--balance)",
        ),
        "method_without_balance": (
            "phương pháp {method} không cân bằng theo biến nào: bỏ --balance hoặc dùng cube",
            "the method {method} balances nothing: leave out --balance or use cube",
        ),
        "in_stratum": ("tầng {stratum}: {vi}", "stratum {stratum}: {en}"),
        "stratum_without_size": (
            "tầng {stratum} có trong danh sách nhưng không có cỡ mẫu (tất cả {strata} tầng như vậy)",
            "the stratum {stratum} of the frame has no sample size ({strata} such strata in all)",
        ),
        "stratum_not_in_frame": (
            "có cỡ mẫu cho tầng {stratum} nhưng danh sách không có tầng này (tất cả {strata} tầng như vậy)",
            "there is a sample size for the stratum {stratum}, which the frame does not have ({strata} such in all)",
        ),
        "stratum_size_zero": (
            "tầng {stratum}: cỡ mẫu {n}, nên {units} đơn vị của tầng không có cơ hội được chọn: cho ít nhất 1, hoặc bỏ "
            "tầng khỏi danh sách và nói rõ kết quả không gồm tầng này",
            "stratum {stratum}: a sample size of {n} leaves its {units} units without a chance: give at least 1, or "
            "take the stratum out of the frame and say that results do not cover it",
        ),
        "stratum_too_small": (
            "tầng {stratum}: cần chọn {n} nhưng chỉ có {units} đơn vị",
            "stratum {stratum}: {n} are to be drawn, but it has {units} units only",
        ),
        "weights_not_positive": (
            "quyền số thiết kế phải là dãy số lớn hơn 0",
            "design weights must be numbers above 0",
        ),
        "method_missing": (
            "chưa nêu phương pháp chọn mẫu (--method): {known}",
            "no method of drawing is named (--method): {known}",
        ),
        "strata_need_sizes": (
            "chọn theo tầng ({strata}) cần cỡ mẫu từng tầng (--sizes), không phải một cỡ chung",
            "a draw by strata ({strata}) needs a size for each stratum (--sizes), not one for all",
        ),
        "sizes_need_strata": (
            "có cỡ mẫu từng tầng nhưng chưa nêu cột tầng (--strata)",
            "there are sizes by stratum, but no column of strata is named (--strata)",
        ),
        "n_or_sizes": (
            "cần đúng một trong hai: cỡ mẫu chung (--n) hoặc cỡ mẫu từng tầng (--sizes)",
            "exactly one is needed: the size of the sample (--n) or the sizes by stratum (--sizes)",
        ),
        "sort_without_order": (
            "thứ tự sắp xếp không có nghĩa với phương pháp {method}: bỏ --sort hoặc dùng systematic, pps-systematic",
            "an order means nothing to the method {method}: leave out --sort, or use systematic or pps-systematic",
        ),
        "serpentine_needs_keys": (
            "sắp xếp kiểu con rắn (--serpentine) cần ít nhất hai khóa --sort",
            "the serpentine order (--serpentine) needs at least two --sort keys",
        ),
        "multiplicity_twice": (
            "số hồ sơ của mỗi người lấy từ mã người (--multiplicity-key) hoặc từ cột khai báo (--multiplicity), không "
            "cả hai",
            "the multiplicity comes from a person key (--multiplicity-key) or from a reported number (--multiplicity), "
            "not from both",
        ),
        "adults_missing": (
            "cách chọn người trong hộ cần cột số người lớn (--adults)",
            "a choice within households needs the column with the number of adults (--adults)",
        ),
        "size_not_whole": (
            "tầng {stratum}: cỡ mẫu {value} không phải là số nguyên",
            "stratum {stratum}: the sample size {value} is no whole number",
        ),
        "size_twice": (
            "tệp cỡ mẫu có tầng {stratum} ở nhiều dòng",
            "the file of sizes has the stratum {stratum} in several rows",
        ),
        "stages_alone": (
            "thiết kế nhiều giai đoạn đã nêu phương pháp và cỡ mẫu: chỉ nêu trong tệp thiết kế (--stages)",
            "a design in stages names its methods and sizes itself: say them in the file of --stages only",
        ),
        "stages_missing": ("thiết kế không có giai đoạn nào", "the design has no stage"),
        "stage_cube": (
            "giai đoạn {unit}: phương pháp lập phương chưa dùng được trong thiết kế nhiều giai đoạn; chọn riêng giai "
            "đoạn đầu bằng --method cube rồi nối tiếp bằng --given",
            "stage {unit}: the cube is not available within stages; draw the first stage by --method cube and go on "
            "from there with --given",
        ),
        "stage_strata": (
            "giai đoạn {stage} ({unit}): chỉ giai đoạn đầu có tầng và cỡ mẫu từng tầng",
            "stage {stage} ({unit}): only the first stage has strata and sizes by stratum",
        ),
        "stage_n": (
            "giai đoạn {stage} ({unit}): cần đúng một trong hai, n hoặc sizes",
            "stage {stage} ({unit}): exactly one of n and sizes is needed",
        ),
        "stage_too_few": (
            "{place}: cần chọn {n} {unit} nhưng chỉ có {units}; giảm n, hoặc ghi take_all_if_fewer: true để lấy hết",
            "{place}: {n} {unit} are to be drawn, but there are {units}; lower n, or say take_all_if_fewer: true",
        ),
        "stage_value_differs": (
            "{unit} {label} có nhiều giá trị khác nhau ở cột {column}: mỗi đơn vị chỉ có một giá trị",
            "{unit} {label} has different values in the column {column}: a unit has one",
        ),
        "stage_straddles": (
            "{unit} {label} nằm ở nhiều tầng: mỗi đơn vị giai đoạn đầu thuộc một tầng (nếu trùng tên, thêm mã tầng vào "
            "tên)",
            "{unit} {label} lies in several strata: a first-stage unit lies in one (if two share a name, put the "
            "stratum into it)",
        ),
        "stage_unknown_key": (
            "giai đoạn {stage}: không hiểu {key}; có: {known}",
            "stage {stage}: {key} is not known; there are: {known}",
        ),
        "stage_bad_value": (
            "giai đoạn {stage}: giá trị {value!r} của {key} không dùng được; cần {vi}",
            "stage {stage}: {key} cannot be {value!r}; it takes {en}",
        ),
        "given_above_one": (
            "cột {column} có xác suất chọn {value} của giai đoạn trước: xác suất không quá 1",
            "the column {column} has a probability of {value} from earlier draws: none is above 1",
        ),
    }
)

FRAME_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "frame_empty": ("khung mẫu không có dòng nào", "the frame has no rows"),
        "frame_blank": (
            "khung mẫu, cột {column}: để trống ở dòng {rows}",
            "frame, column {column}: blank in row {rows}",
        ),
        "frame_text": (
            "khung mẫu, cột {column}: có giá trị không phải là số",
            "frame, column {column}: there are values that are no numbers",
        ),
        "frame_no_number": (
            "khung mẫu, cột {column}: thiếu số ở dòng {rows}",
            "frame, column {column}: no number in row {rows}",
        ),
        "frame_size_not_positive": (
            "khung mẫu, cột {column}: giá trị bằng 0 hoặc âm (nhỏ nhất {value:g}) ở dòng {rows}; phải lớn hơn 0: cập "
            "nhật quy mô, hoặc bỏ dòng khỏi khung và nói rõ",
            "frame, column {column}: zero or negative (least {value:g}) in row {rows}; it must be above 0: bring the "
            "sizes up to date, or take the rows out and say so",
        ),
        "frame_id_repeated": (
            "khung mẫu, cột {column}: mã {id} có ở nhiều dòng ({rows}), tất cả {repeated} dòng thừa; mỗi dòng cần một "
            "mã riêng. Nếu mỗi dòng là một hồ sơ thì dùng mã hồ sơ làm --id và mã người làm --multiplicity-key",
            "frame, column {column}: the id {id} stands in several rows ({rows}), {repeated} rows too many in all; "
            "each row needs its own. If rows are files, let --id be the file and --multiplicity-key the person",
        ),
        "frame_no_date": (
            "khung mẫu, cột {column}: không đọc được ngày (năm-tháng-ngày) ở dòng {rows}",
            "frame, column {column}: no date (year-month-day) in row {rows}",
        ),
        "frame_stale": (
            "khung mẫu, cột {column}: cũ hơn {limit} ở dòng {rows}; hãy cập nhật các dòng này",
            "frame, column {column}: older than {limit} in row {rows}; bring these rows up to date",
        ),
        "frame_column_taken": (
            "khung mẫu đã có cột {column}, là cột mà mẫu sẽ ghi thêm: hãy đổi tên (nếu là xác suất của giai đoạn "
            "trước, đổi tên rồi nêu ở --given)",
            "the frame has a column {column}, which the sample adds: rename it (if it is the probability of an earlier "
            "draw, rename it and name it by --given)",
        ),
        "person_missing": (
            "thiếu mã người ở hồ sơ thứ {units}",
            "the person is missing for file {units} (counted from 1)",
        ),
        "multiplicity_below_one": (
            "số hồ sơ của người ở vị trí {units} là {value:g}: phải là số nguyên từ 1 đến số hồ sơ của khung",
            "the multiplicity at {units} (counted from 1) is {value:g}: it is whole, from 1 to the number of files",
        ),
        "adults_not_whole": (
            "số người lớn của hộ thứ {units} là {value:g}: phải là số nguyên từ 1",
            "the number of adults of household {units} (counted from 1) is {value:g}: it must be whole, 1 or more",
        ),
        "kish_too_many": (
            "hộ thứ {units} có {value} người lớn: bảng Kish chỉ đến 6; dùng cách chọn đều (uniform)",
            "household {units} (counted from 1) has {value} adults: Kish's tables end at 6; use the uniform choice",
        ),
        "cap_below_one": ("giới hạn hệ số {cap}: phải từ 1 trở lên", "the cap is {cap}: it must be 1 or more"),
    }
)
