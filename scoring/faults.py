"""What is wrong with a method file or a table: where, what, and what would be right, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SHOWN = 20
"""Faults shown at once; the rest are counted."""

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {  # code: (vi, en)
        # the method file
        "not_yaml": ("không phải YAML hợp lệ: {problem}", "is not valid YAML: {problem}"),
        "missing_key": (
            "thiếu; hãy thêm khóa này ({expected})",
            "is missing; add this key ({expected})",
        ),
        "unknown_key": (
            "là khóa không có trong mẫu; hãy xóa hoặc dùng một trong các khóa: {known}",
            "is not a known key; remove it or use one of: {known}",
        ),
        "wrong_type": ("là {value!r}; phải là {expected}", "is {value!r}; it must be {expected}"),
        "not_one_of": (
            "là {value!r}; phải là một trong: {known}",
            "is {value!r}; it must be one of: {known}",
        ),
        "out_of_range": (
            "là {value}; phải trong khoảng từ {low} đến {high}",
            "is {value}; it must lie between {low} and {high}",
        ),
        "approved_without_decision": (
            "có status: approved nhưng thiếu số hoặc ngày quyết định; hãy ghi number và date, hoặc để status: proposed",
            "has status: approved but no decision; give number and date, or set status: proposed",
        ),
        "not_in_kind": (
            "không dùng cho kind: {kind}; hãy xóa",
            "has no meaning in kind: {kind}; remove it",
        ),
        "shares_sum": (
            "có tổng {total}; tổng phải bằng 1, hãy sửa cho {difference}",
            "sums to {total}; it must sum to 1: change it by {difference}",
        ),
        "points_sum": (
            "là {max_points} nhưng các tiêu chí thành phần cộng lại được {total}; hãy sửa cho khớp",
            "is {max_points} but its children sum to {total}; make them agree",
        ),
        "duplicate": ("là {value!r}, đã có ở trên; mỗi mã chỉ một lần", "is {value!r}, used above; use it once"),
        "leaf_without_shares": (
            "thiếu tiêu chí {criterion!r}; hãy ghi quyền số nhóm cho tiêu chí này",
            "has no entry for criterion {criterion!r}; give the group weights of this criterion",
        ),
        "unknown_criterion": (
            "là {value!r}, không phải tiêu chí chấm bằng phiếu; phải là một trong: {known}",
            "is {value!r}, not a criterion scored from ratings; it must be one of: {known}",
        ),
        "band_gap": (
            "hở: từ {low} đến {high} không thuộc mức xếp loại nào; hãy nối liền",
            "leave a gap: {low} to {high} belongs to no band; join the bands",
        ),
        "band_overlap": (
            "chồng nhau: từ {low} đến {high} thuộc hai mức xếp loại; hãy sửa cận",
            "overlap: {low} to {high} belongs to two bands; move a bound",
        ),
        "empty": ("trống; cần ít nhất một mục", "is empty; it needs at least one entry"),
        # a method against its questionnaires
        "no_instrument": (
            "có quyền số cho nhóm {group!r} nhưng nhóm này không có mẫu phiếu; hãy thêm mẫu phiếu hoặc bỏ quyền số",
            "weighs group {group!r}, which has no questionnaire; add one or remove the group weight",
        ),
        "not_fed": (
            "có quyền số cho nhóm {group!r} nhưng mẫu phiếu của nhóm không có câu hỏi nào cho tiêu chí này; "
            "hãy thêm câu hỏi (criterion: {criterion}) hoặc bỏ quyền số",
            "weighs group {group!r}, whose questionnaire asks nothing about it; "
            "add a question (criterion: {criterion}) or remove the group weight",
        ),
        "asked_without_share": (
            "không có quyền số cho nhóm {group!r}, trong khi mẫu phiếu của nhóm có câu {question!r} cho tiêu chí này; "
            "hãy thêm quyền số hoặc bỏ criterion của câu hỏi",
            "has no group weight for {group!r}, whose questionnaire asks {question!r} about it; "
            "add a group weight or clear the criterion of the question",
        ),
        "no_percent_table": (
            "không có bảng quy đổi cho thang {list_name!r} (câu {question!r}, nhóm {group!r}); "
            "hãy thêm bảng hoặc đặt other_lists: linear",
            "has no table for the scale {list_name!r} (question {question!r}, group {group!r}); "
            "add a table or set other_lists: linear",
        ),
        "table_lacks_choice": (
            "không có phương án {choice!r} của thang {list_name!r}; hãy thêm tỷ lệ cho phương án này",
            "has no fraction for choice {choice!r} of the scale {list_name!r}; add one",
        ),
        "no_top_levels": (
            "chưa quy định số mức tính là hài lòng của thang {levels} mức ({list_name!r}); hãy thêm khóa {levels}",
            "does not say how many of {levels} levels count as satisfied (scale {list_name!r}); add the key {levels}",
        ),
        # tables of ratings and of component values
        "not_csv": (
            "không đọc được CSV ({problem}); hãy lưu lại dạng CSV UTF-8, mỗi dòng đủ số cột",
            "cannot be read as CSV ({problem}); save it as CSV UTF-8 with the same number of cells in every row",
        ),
        "missing_column": ("thiếu cột; cần các cột {expected}", "is missing; the columns needed are {expected}"),
        "more_ballots_than_invited": (
            "nhóm {group}, đơn vị {unit}: có {n} phiếu mà chỉ mời {invited} người",
            "group {group}, unit {unit}: there are {n} ballots and {invited} people were invited",
        ),
        "not_a_count": (
            "là {value!r}; phải là số người, từ 1 trở lên",
            "is {value!r}; it must be a number of people, one or more",
        ),
        "not_positive": (
            "là {value!r}; quyền số phải là số dương",
            "is {value!r}; a weight must be a number above zero",
        ),
        "two_designs": (
            "là {value!r}, khác với dòng {first} của cùng người trả lời",
            "is {value!r}, unlike row {first} of the same respondent",
        ),
        "blank": ("để trống; cần {expected}", "is blank; it needs {expected}"),
        "not_a_number": (
            "{value!r} không phải là số; dùng dấu chấm thập phân, ví dụ 7.25",
            "{value!r} is not a number; use a decimal point, e.g. 7.25",
        ),
        "unknown_value": (
            "{value!r} không có trong phương pháp; phải là một trong: {known}",
            "{value!r} is not in the method; it must be one of: {known}",
        ),
        "unknown_scale": (
            "{value!r} không có bảng quy đổi trong phương pháp; các thang có bảng: {known}",
            "{value!r} has no table of percentages in the method; scales with a table: {known}",
        ),
        "unknown_answer": (
            "{value!r} không thuộc thang {scale!r}; phải là một trong: {known}",
            "{value!r} is not a level of the scale {scale!r}; it must be one of: {known}",
        ),
        "repeated": (
            "{value!r} lặp lại dòng {first}; mỗi tổ hợp chỉ một dòng",
            "{value!r} repeats row {first}; keep one row for each combination",
        ),
        "two_meanings": (
            "{value!r} khác với dòng {first} của cùng câu hỏi và nhóm; mỗi câu hỏi chỉ một tiêu chí, một thang",
            "{value!r} differs from row {first} of the same question and group; one criterion and one scale each",
        ),
        "two_groups": (
            "{value!r} đã thuộc nhóm khác ở dòng {first}; mỗi phiếu chỉ thuộc một nhóm đối tượng",
            "{value!r} belongs to another group in row {first}; one respondent is in one group",
        ),
        "no_block": (
            "{value!r} không có trong danh sách đơn vị; hãy bổ sung đơn vị và khối xếp hạng",
            "{value!r} is not in the list of units; add it with its ranking block",
        ),
        "unranked_block": (
            "{value!r} không phải khối xếp hạng của phương pháp; phải là một trong: {known}",
            "{value!r} is not a ranking block of the method; it must be one of: {known}",
        ),
        "one_block_needed": (
            "phương pháp có nhiều khối xếp hạng ({known}); hãy cho biết khối của từng đơn vị",
            "the method has several ranking blocks ({known}); say which block each unit is in",
        ),
        "no_component": (
            "không có giá trị thành phần {component!r} của đơn vị {unit!r}; hãy bổ sung",
            "has no value of component {component!r} for unit {unit!r}; add it",
        ),
        "two_ballots": (
            "có hai dòng cho cùng một phiếu và một đơn vị ({value}); mỗi cặp chỉ một dòng",
            "holds two rows for one ballot and one unit ({value}); keep one row for each pair",
        ),
        "more": ("còn {count} lỗi khác", "and {count} more"),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (``path``), what (``code``) and the facts of the case (``params``)."""

    path: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: str = "en") -> str:
        """The place, what is wrong there and the remedy, in one sentence."""
        vietnamese, english = TEXTS[self.code]
        if lang == "vi":
            return f"{self._vietnamese_path}: {vietnamese.format(**self.params)}"
        return f"{self.path}: {english.format(**self.params)}"

    @property
    def _vietnamese_path(self) -> str:
        """Rows and columns of a table in Vietnamese; a path in a method file is the same in every language."""
        if not self.path.startswith(("row ", "column ")):
            return self.path
        return self.path.replace("row ", "dòng ", 1).replace("column ", "cột ", 1)


class ScoringFaults(ValueError):
    """All faults of one file or table, found in one pass."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.text())

    def text(self, lang: str = "en") -> str:
        """One line for each fault, the first twenty; then how many more there are."""
        lines = [fault.text(lang) for fault in self.faults[:SHOWN]]
        rest = len(self.faults) - SHOWN
        if rest > 0:
            lines.append(TEXTS["more"][0 if lang == "vi" else 1].format(count=rest))
        return "\n".join(lines)


class MethodError(ScoringFaults):
    """A scoring method that cannot be used."""


class TableError(ScoringFaults):
    """A table of ratings or component values that cannot be scored."""
