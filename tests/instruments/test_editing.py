"""Edits of a form's text: they do what they say, and touch nothing else."""

import difflib
from dataclasses import replace

import pytest
from instrument_makers import NASTY

from instruments import editing
from instruments.editing import ChoiceRow, LastQuestion, NoSuchPlace, question_cells
from instruments.loading import catalogue
from instruments.rows import clean
from instruments.xlsform import parse_yaml

COMMENTED = """\
# Head of the file
settings: {form_id: a, version: "1", title: {vi: T, en: T}}
choices:
  level:  # worst first
    - {name: "1", label: {vi: Kém, en: Poor}}
    - {name: "2", label: {vi: Tốt, en: Good}}
survey:
  # Part A
  - group: a
    label: Một
    hint:
    questions:
      # the first
      - {type: text, name: q1, label: {vi: "câu 1", en: 'one'}}  # beside it
      # the second
      - type: select_one level
        name: q2
        label:
          vi: câu 2
          en: two

  # Part B
  - group: b
    label: {vi: Hai, en: Two}
    questions:
    - {type: note, name: q3, label: {vi: câu 3, en: three}}
# the end
"""
FLOW = (
    "settings: {form_id: a, version: '1', title: {vi: T}}\nchoices: {a: [{name: '1', label: {vi: x}}]}\n"
    "survey: [{group: g, label: {vi: a}, questions: [{type: select_one a, name: q, label: {vi: a}}]}]"
)


def changed(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    lines = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    return tuple([line[2:].strip() for line in lines if line.startswith(sign)] for sign in "-+")


def names(source: str) -> list[str]:
    return [question.name for question in parse_yaml(source, "a").questions]


def test_an_edit_changes_its_line_and_no_other():
    words = editing.set_question(COMMENTED, 0, 0, {"label::vi": "Câu mới", "required": "yes", "label::en": "one"})
    assert changed(COMMENTED, words) == (
        ["- {type: text, name: q1, label: {vi: \"câu 1\", en: 'one'}}  # beside it"],
        ["- {type: text, name: q1, label: {vi: \"Câu mới\", en: 'one'}, required: yes}  # beside it"],
    )
    block = editing.set_question(COMMENTED, 0, 1, {"label::vi": "Câu", "hint::en": "Think", "criterion": "SO.X"})
    assert changed(COMMENTED, block) == (["vi: câu 2"], ['vi: "Câu"', 'hint: {en: "Think"}', "criterion: SO.X"])
    assert editing.set_settings(COMMENTED, {"version": "1", "title::vi": "T", "minutes": ""}) == COMMENTED


@pytest.mark.parametrize("form_id", ["so_2026_hdnd", "sipas_2026_to_chuc"])
def test_an_edit_of_a_shipped_form_is_the_edit_of_its_instrument(form_id: str):
    source = catalogue()[form_id].read_text(encoding="utf-8")
    form = parse_yaml(source, form_id)
    for number, section in enumerate(form.sections[:3]):
        edited = parse_yaml(editing.set_question(source, number, 0, {"label::vi": "Câu khác", "hint::en": ""}), form_id)
        question = section.questions[0]
        hint = {code: words for code, words in question.hint.items() if code != "en"}
        expected = replace(question, label={**question.label, "vi": "Câu khác"}, hint=hint)
        assert edited.sections[number].questions == (expected, *section.questions[1:])
        assert edited.choices == form.choices


@pytest.mark.parametrize("words", [word for word in NASTY if clean(word)])
def test_any_words_come_back_as_they_were_typed(words: str):
    edited = editing.set_section(COMMENTED, 0, {"label::vi": words, "label::en": words, "hint::vi": words})
    section = parse_yaml(edited, "a").sections[0]
    assert (section.label, section.hint) == ({"vi": clean(words), "en": clean(words)}, {"vi": clean(words)})
    choice = ChoiceRow(None, {"name": "x", "label::vi": words})
    assert parse_yaml(editing.set_list(COMMENTED, "level", [choice]), "a").choices["level"][0].label["vi"] == clean(
        words
    )


def test_questions_move_with_their_comments_and_over_the_border_of_sections():
    down, section, place = editing.move_question(COMMENTED, 0, 0, 1)
    assert (section, place, names(down)) == (0, 1, ["q2", "q1", "q3"])
    assert down.index("# the second") < down.index("# the first") < down.index("# Part B")
    across, section, place = editing.move_question(COMMENTED, 0, 1, 1)
    form = parse_yaml(across, "a")
    assert (section, place) == (1, 0)
    assert [[question.name for question in group.questions] for group in form.sections] == [["q1"], ["q2", "q3"]]
    assert across.index("# Part B") < across.index("# the second") < across.index("# the end")
    back, section, place = editing.move_question(across, 1, 0, -1)
    assert (section, place, parse_yaml(back, "a")) == (0, 1, parse_yaml(COMMENTED, "a"))
    assert editing.move_question(COMMENTED, 0, 0, -1) == (COMMENTED, 0, 0)
    assert editing.move_question(COMMENTED, 1, 0, -1) == (COMMENTED, 1, 0)  # the last one of its section
    assert names(editing.move_section(COMMENTED, 1, -1)) == ["q3", "q1", "q2"]


def test_what_is_added_and_removed_again_leaves_the_text_as_it_was():
    cells = question_cells("text", "q9", {"vi": "Góp ý", "en": "Comment"}, required="yes")
    added = editing.add_question(COMMENTED, 0, cells)
    assert names(added) == ["q1", "q2", "q9", "q3"]
    assert editing.remove_question(added, 0, 2) == COMMENTED
    section = editing.add_section(COMMENTED, "c", {"label::vi": "Ba", "label::en": "Three"}, cells)
    assert parse_yaml(section, "a").sections[2].label == {"vi": "Ba", "en": "Three"}
    assert editing.remove_section(section, 2) == COMMENTED
    listed = editing.add_list(COMMENTED, "yesno", [{"name": "yes", "label::vi": "Có", "dont_know": "yes"}])
    assert parse_yaml(listed, "a").choices["yesno"][0].dont_know
    assert editing.remove_list(listed, "yesno") == COMMENTED
    with pytest.raises(LastQuestion):
        editing.remove_question(COMMENTED, 1, 0)
    for gone in (lambda: editing.set_question(COMMENTED, 0, 7, {}), lambda: editing.set_list(COMMENTED, "none", [])):
        with pytest.raises(NoSuchPlace):
            gone()


def test_choices_are_put_in_order_reworded_added_and_removed():
    rows = [
        ChoiceRow(1, {"label::vi": "Rất tốt"}),
        ChoiceRow(None, {"name": "98", "label::vi": "?", "dont_know": "yes"}),
    ]
    edited = editing.set_list(COMMENTED, "level", rows)
    assert [(c.name, c.label["vi"], c.dont_know) for c in parse_yaml(edited, "a").choices["level"]] == [
        ("2", "Rất tốt", False),
        ("98", "?", True),
    ]
    assert "# worst first" in edited


def test_a_form_on_one_line_is_written_out_before_it_is_edited():
    edited = editing.add_question(FLOW, 0, question_cells("text", "q2", {"vi": "Câu"}))
    assert names(edited) == ["q", "q2"]
    assert parse_yaml(edited, "a").choices == parse_yaml(FLOW, "a").choices
