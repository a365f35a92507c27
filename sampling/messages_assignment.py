"""The sentences about who rates which units: code -> (Vietnamese, English)."""

from __future__ import annotations

from collections.abc import Mapping

ASSIGNMENT_TEXTS: Mapping[str, tuple[str, str]] = {
    # designs
    "incidence_not_binary": (
        "bảng đơn vị × tập phiếu phải có ít nhất một ô và chỉ gồm 0 và 1; hiện có {found}",
        "the table of units x booklets must have a cell and hold 0 and 1 only; found {found}",
    ),
    "raters_not_counts": (
        "cần {n} số nguyên không âm, số người của mỗi tập; hiện có {found}",
        "wanted: {n} whole numbers not below 0, the people of each booklet; found {found}",
    ),
    "rating_out_of_range": (
        "phiếu thứ {place} (tính từ 0): vị trí {value} không phải là số nguyên từ 0 đến {most}",
        "rating {place} (from 0): position {value} is no whole number from 0 to {most}",
    ),
    "ratings_not_paired": (
        "mỗi lượt đánh giá cần một đơn vị và một người: {units} đơn vị, {raters} người",
        "ratings need a unit and a rater each: units have shape {units}, raters {raters}",
    ),
    "not_a_count": (
        "{name} = {value!r} phải là số nguyên từ {least}",
        "{name} = {value!r} must be a whole number from {least}",
    ),
    "booklets_of_one_unit": (
        "mỗi tập chỉ có 1 đơn vị thì không so sánh được {units} đơn vị với nhau: cần ít nhất 2 đơn vị mỗi tập",
        "booklets of 1 unit cannot compare {units} units: a booklet needs at least 2",
    ),
    "booklets_do_not_connect": (
        "{booklets} tập, mỗi tập {size} đơn vị, không nối được {units} đơn vị để so sánh: cần ít nhất {needed} tập",
        "{booklets} booklets of {size} cannot connect {units} units so that they can be compared: {needed} are needed",
    ),
    "replications_do_not_add": (
        "số tập chứa mỗi đơn vị phải từ 1 đến {booklets} cho đủ {units} đơn vị và có tổng {total}",
        "the booklets of each of {units} units must be 1 to {booklets}, and {total} in sum",
    ),
    # cells
    "pool_leaves_no_unit": (
        "phải ghép người của mọi đơn vị ({pool}) mới đủ {min_cell} người giống nhau, nên không còn đơn vị nào để đánh "
        "giá; mới có {invitees} người được mời: mời thêm người hoặc cho đánh giá cả đơn vị mình",
        "the people of all units ({pool}) must be pooled to have {min_cell} alike, which leaves no unit to rate; "
        "{invitees} are invited: invite more, or let people rate their own unit too",
    ),
    "unknown_own_unit": (
        "không có trong danh sách đơn vị được đánh giá: {names} (đơn vị của người được mời)",
        "own units of invitees that are not among the units rated: {names}",
    ),
    # who gets which booklet
    "nobody_to_assign": ("danh sách {what} trống", "the list of {what} is empty"),
    "stands_twice": ("{what} có hai lần trong danh sách: {names}", "{what} that stand twice in the list: {names}"),
    "unknown_area": (
        "địa bàn của người được mời không có đơn vị nào: {areas}",
        "areas of invitees without any unit: {areas}",
    ),
    "area_without_invitees": (
        "địa bàn có đơn vị nhưng không có người được mời: {areas}",
        "areas with units but no invitees: {areas}",
    ),
    "booklet_too_long": (
        "{size} đơn vị mỗi người, nhiều nhất là {most}: giảm số đơn vị của một tập xuống {most}",
        "{size} units a person, at most {most}: lower the booklet size to {most}",
    ),
    "too_many_ratings": (
        "{size} đơn vị × {questions} câu hỏi = {ratings} lượt đánh giá một người, nhiều nhất là {most}: tập nhiều nhất "
        "{fitting} đơn vị",
        "{size} units x {questions} questions = {ratings} ratings a person, at most {most}: booklets of at most "
        "{fitting} units",
    ),
    "largest_share_out_of_range": (
        "largest_share = {value!r} phải lớn hơn 0 và không quá 1",
        "largest_share = {value!r} must be above 0 and at most 1",
    ),
    "target_not_positive": (
        "số lượt đánh giá mong muốn của đơn vị {unit} là {value!r}: phải là số dương",
        "the ratings wanted for unit {unit} are {value!r}: must be a positive number",
    ),
    "too_few_for_booklets": (
        "{where}{invitees} người chỉ đủ cho {possible} tập có ít nhất {min_cell} người; để so sánh được {units} "
        "đơn vị qua các tập {size} đơn vị cần {booklets} tập, tức {needed} người, hoặc tập {fitting} đơn vị",
        "{where}{invitees} people fill {possible} booklets of at least {min_cell} people; to compare {units} "
        "units by booklets of {size}, {booklets} booklets or {needed} people are needed, or booklets of {fitting} "
        "units",
    ),
    "too_few_for_a_cell": (
        "{where}{invitees} người ít hơn một ô ẩn danh: cần ít nhất {needed} người",
        "{where}{invitees} people are fewer than one anonymity cell: at least {needed} are needed",
    ),
    "booklets_out_of_range": (
        "{where}{booklets} tập: phải từ {least} (để nối các đơn vị) đến {most} (để mỗi tập có đủ {min_cell} người)",
        "{where}{booklets} booklets: must be from {least} (to connect the units) to {most} (to have {min_cell} people "
        "each)",
    ),
    "own_unit_in_every_booklet": (
        "{where}mỗi tập chứa {size} trong {units} đơn vị: người của {homes} sẽ phải đánh giá đơn vị mình; tập "
        "nhiều nhất {fitting} đơn vị",
        "{where}each booklet holds {size} of {units} units: the people of {homes} would rate their own unit; "
        "booklets of at most {fitting} units",
    ),
    "one_unit_dominates": (
        "{where}{people} trong {total} người thuộc đơn vị {home}, hơn {share:.0%}: nhìn phiếu là đoán được đơn "
        "vị; mời thêm người của đơn vị khác hoặc nâng largest_share",
        "{where}{people} of {total} people belong to unit {home}, more than {share:.0%}: a booklet would tell the "
        "unit; invite more from other units, or raise largest_share",
    ),
    "too_few_ratings": (
        "{where}{invitees} người × {size} đơn vị = {ratings} lượt, không đủ {per_unit} lượt cho mỗi đơn vị trong "
        "{units}: cần ít nhất {needed} người",
        "{where}{invitees} people x {size} units = {ratings} ratings, not {per_unit} for each of {units} units: "
        "at least {needed} people are needed",
    ),
    "target_too_large": (
        "{where}đơn vị {unit} cần {wanted:.3g} lượt theo tỷ lệ, nhiều hơn số người được mời ({invitees}): giảm mức "
        "mong muốn của đơn vị này còn {fitting:.3g}",
        "{where}unit {unit} would need {wanted:.3g} ratings in proportion, more than there are invitees ({invitees}): "
        "lower what is wanted for it to {fitting:.3g}",
    ),
    "invitees_without_booklet": (
        "{where}{people} người không có tập nào phù hợp (không chứa đơn vị mình, đúng địa bàn, không để một đơn vị "
        "chiếm quá {share:.0%} một tập): người của {homes}; giảm số đơn vị của một tập, mời thêm người của đơn vị khác "
        "hoặc nâng largest_share",
        "{where}{people} people find no booklet that keeps the rules (without their own unit, of their area, no unit "
        "more than {share:.0%} of a booklet): people of {homes}; make booklets smaller, invite more from other units, "
        "or raise largest_share",
    ),
    "booklets_lack_people": (
        "{where}không đủ {min_cell} người cho {booklets}: được phép nhận chỉ có {eligible} người, mỗi đơn vị "
        "không quá {share:.0%} của một tập; thiếu {missing} người. Giảm số đơn vị của một tập, số tập, hoặc mời "
        "thêm người ngoài các đơn vị {units}",
        "{where}fewer than {min_cell} people for {booklets}: {eligible} may get it, those of one unit at most "
        "{share:.0%} of a booklet; {missing} are missing. Make booklets smaller or fewer, or invite more people "
        "from outside the units {units}",
    ),
    "units_lack_ratings": (
        "{where}chưa đủ {per_unit} lượt đánh giá cho: {units}; mời {needed} người là đủ",
        "{where}fewer than {per_unit} ratings for: {units}; {needed} invitees would do",
    ),
}
