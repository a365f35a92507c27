"""Two versions of a form: what changed, and which trends it breaks."""

import pytest

from instruments import editing
from instruments.comparing import Change, Kind, Trend, compare
from instruments.editing import ChoiceRow, question_cells
from instruments.loading import catalogue
from instruments.xlsform import parse_yaml

SOURCE = catalogue()["so_2026_hdnd"].read_text(encoding="utf-8")
OLD = parse_yaml(SOURCE, "old")


def difference(new: str):
    return compare(OLD, parse_yaml(new, "new"))


def only(new: str):
    found = difference(new).questions
    assert len(found) == 1
    return found[0]


def test_the_same_form_under_another_number_has_no_difference():
    found = difference(editing.set_settings(SOURCE, {"version": "2026.2"}))
    assert found.settings == (Change("version", "2026.1", "2026.2"),)
    assert found.nothing
    assert {line.trend for line in found.criteria} == {Trend.KEPT}
    assert not difference(editing.set_settings(SOURCE, {"title::vi": "Phiếu khác"})).nothing


@pytest.mark.parametrize(
    ("cells", "trend"),
    [
        ({"label::vi": "Việc thực hiện nghị quyết"}, Trend.REWORDED),
        ({"relevant": "1 = 1"}, Trend.REWORDED),
        ({"criterion": "SO.THE_CHE"}, Trend.BROKEN),
        ({"type": "select_one reform_area"}, Trend.BROKEN),
        ({"reverse": "yes"}, Trend.BROKEN),
        ({"measure": "satisfaction"}, Trend.BROKEN),
        ({"appearance": "horizontal"}, Trend.KEPT),
    ],
)
def test_a_trend_needs_the_same_criterion_and_scale(cells: dict[str, str], trend: Trend):
    found = only(editing.set_question(SOURCE, 0, 0, cells))
    assert (found.name, found.kinds, found.trend) == ("resolutions", (Kind.CHANGED,), trend)
    assert [(change.column, change.new) for change in found.changes] == list(cells.items())


def test_a_question_that_moved_came_went_or_changed_its_name_is_told_apart():
    moved = only(editing.move_question(SOURCE, 0, 0, 1)[0])
    assert (moved.kinds, moved.old_place.number, moved.new_place.number) == ((Kind.MOVED,), 2, 1)
    added = only(editing.add_question(SOURCE, 1, question_cells("text", "comment", {"vi": "Góp ý", "en": "Comment"})))
    assert (added.name, added.kinds, added.trend, added.new_place.section) == (
        "comment", (Kind.ADDED,), Trend.STARTED, "next_year",
    )  # fmt: skip
    found = difference(editing.remove_question(SOURCE, 0, 4))
    assert [(q.name, q.kinds, q.trend) for q in found.questions] == [("digital_results", (Kind.REMOVED,), Trend.ENDED)]
    assert [line.trend for line in found.criteria if line.criterion == "SO.SO_HOA"] == [Trend.ENDED]
    renamed = difference(editing.set_question(SOURCE, 0, 4, {"name": "digital"}))
    assert [(q.name, q.renamed_from) for q in renamed.questions] == [
        ("digital", "digital_results"),
        ("digital_results", ""),
    ]
    assert [line.trend for line in renamed.criteria if line.criterion == "SO.SO_HOA"] == [Trend.BROKEN]


def test_a_changed_list_shows_at_every_question_that_uses_it():
    longer = [ChoiceRow(place, {}) for place in range(5)] + [
        ChoiceRow(None, {"name": "6", "label::vi": "Xuất sắc", "label::en": "Excellent"}),
        ChoiceRow(5, {}),
    ]
    found = difference(editing.set_list(SOURCE, "quality5", longer))
    assert len(found.questions) == 5
    assert {q.trend for q in found.questions} == {Trend.BROKEN}
    assert found.questions[0].options == (Change("6", "", "Xuất sắc / Excellent"),)
    reworded = [ChoiceRow(0, {"label::vi": "Tệ"}), *(ChoiceRow(place, {}) for place in range(1, 6))]
    assert {q.trend for q in difference(editing.set_list(SOURCE, "quality5", reworded)).questions} == {Trend.REWORDED}


def test_sections_are_compared_too():
    found = difference(editing.set_section(SOURCE, 1, {"label::en": "What comes first"}))
    assert [(s.name, s.kinds) for s in found.sections] == [("next_year", (Kind.CHANGED,))]
    assert [s.kinds for s in difference(editing.move_section(SOURCE, 0, 1)).sections] == [(Kind.MOVED,)]
    assert [s.kinds for s in difference(editing.remove_section(SOURCE, 1)).sections] == [(Kind.REMOVED,)]
