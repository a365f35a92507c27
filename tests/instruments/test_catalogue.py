"""The questionnaires of the catalogue: every form a respondent meets, held to docs/questionnaires.md."""

from __future__ import annotations

import math
import re
from datetime import date

import pytest

from instruments.checking import check
from instruments.loading import catalogue, load_catalogue
from instruments.model import Group, Instrument, Layout, Measure, Question, QuestionType, RatedUnit, Repeat
from instruments.routing import pages, shown_items

N_UNITS = {  # form -> units that one respondent rates, at most
    "so_2026_hdnd": 16,
    "so_2026_lanh_dao_so": 15,
    "so_2026_lanh_dao_xa": 16,
    "so_2026_cong_chuc": 1,
    "xa_2026_hdnd_tp": 21,
    "xa_2026_lanh_dao_so": 21,
    "xa_2026_hdnd_xa": 1,
    "xa_2026_cong_chuc": 1,
    "sipas_2026_nguoi_dan": 1,
    "sipas_2026_to_chuc": 1,
    "dvsn_2024_hdnd": 12,
    "dvsn_2024_lanh_dao_so": 12,
    "dvsn_2024_lanh_dao_xa": 12,
    "dvsn_2024_vien_chuc": 1,
    "nganh_doc_2024_hdnd": 12,
    "nganh_doc_2024_lanh_dao_so": 12,
    "nganh_doc_2024_lanh_dao_xa": 12,
    "nganh_doc_2024_cong_chuc": 1,
}
SIPAS = {"sipas_2026_nguoi_dan", "sipas_2026_to_chuc"}
MOST_RATINGS = 120
CONTENTS = ("CHI_DAO", "THE_CHE", "TTHC", "BO_MAY", "CONG_VU", "TAI_CHINH", "SO_HOA")
POLICIES = (
    "KINH_TE", "KHAM_CHUA_BENH", "GIAO_DUC", "AN_NINH", "GIAO_THONG", "DIEN", "NUOC", "AN_SINH", "CCHC",
)  # fmt: skip
FACTORS = ("TIEP_CAN", "TTHC", "CONG_CHUC", "KET_QUA", "PAKN")
SERVICE_UNITS = ("CHI_DAO", "DICH_VU", "QUY_TRINH", "BO_MAY", "VIEN_CHUC", "TAI_CHINH", "SO_HOA")
AGENCIES = ("CHI_DAO", "TTHC", "BO_MAY", "CONG_VU", "TAI_CHINH", "SO_HOA")
CRITERIA = {
    *(f"{unit}.{content}" for unit in ("SO", "XA") for content in CONTENTS),
    *(f"DVSN.{content}" for content in SERVICE_UNITS),
    *(f"ND.{content}" for content in AGENCIES),
    *(f"CS.{policy}" for policy in POLICIES),
    *(f"DV.{factor}" for factor in FACTORS),
}
OPPOSITES = {  # what the worst level says -> what the best level says; one is the mirror of the other
    "Rất kém": "Rất tốt",
    "Rất không đồng ý": "Rất đồng ý",
    "Rất không hài lòng": "Rất hài lòng",
    "Rất khó": "Rất dễ",
    "Không công khai": "Công khai đầy đủ",
    "Trễ hẹn, không có thư xin lỗi": "Sớm hơn ngày hẹn",
}
FOREIGN_WORDS = {
    "online", "email", "website", "web", "app", "internet", "smartphone", "feedback", "check", "file", "form", "survey",
    "data", "ok", "yes", "no", "wifi", "scan", "dashboard", "index", "city", "service", "staff", "link", "click",
}  # fmt: skip
ACCENTED = re.compile("[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.IGNORECASE)
LONGEST_LABEL = 95  # characters: three lines of a 320 px screen

FORMS = {form_id: load_catalogue(form_id) for form_id in catalogue()}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


def ratings(form: Instrument) -> list[Question]:
    return [question for question in form.questions if question.criterion]


def texts(form: Instrument):
    """Everything a respondent reads: (where, the words by language)."""
    yield "title", form.title
    for section in form.sections:
        yield section.name, section.label
        if section.hint:
            yield f"{section.name} hint", section.hint
    for question in form.questions:
        yield question.name, question.label
        for words in (question.hint, question.constraint_message, question.required_message):
            if words:
                yield question.name, words
    for name, choices in form.choices.items():
        for choice in choices:
            yield f"{name}/{choice.name}", choice.label


def test_the_catalogue_holds_the_forms_of_the_rounds():
    assert FORMS.keys() == N_UNITS.keys()


@every_form
def test_a_form_is_named_as_its_file_and_says_what_it_rests_on(form):
    assert FORMS[form.form_id] is form
    assert form.version == re.search(r"_(\d{4})_", form.form_id)[1] + ".1"
    assert form.settings["status"] == "proposed"
    assert "QĐ" in form.settings["source"]
    assert 5 <= int(form.settings["minutes"]) <= 12


@every_form
def test_a_form_passes_the_check(form):
    faults = check(form, anonymous=True, n_units=N_UNITS[form.form_id])
    expected = {("free_text_anonymous", "comment")} if form.form_id in SIPAS else set()
    assert {(fault.code, fault.name) for fault in faults} == expected


@every_form
def test_everything_is_said_in_both_languages(form):
    for where, words in texts(form):
        assert set(words) == {"vi", "en"}, where
        assert all(text == text.strip() != "" for text in words.values()), where


@every_form
def test_vietnamese_carries_its_marks_and_no_english_words(form):
    for where, words in texts(form):
        vietnamese = words["vi"]
        foreign = FOREIGN_WORDS & set(re.findall(r"[^\W\d_]+", vietnamese.lower()))
        assert not foreign, (where, foreign)
        assert ACCENTED.search(vietnamese) or where.endswith("/male"), where  # "Nam" has no mark


@every_form
def test_english_is_english(form):
    for where, words in texts(form):
        assert not ACCENTED.search(words["en"]), where


@every_form
def test_labels_fit_a_phone(form):
    for question in form.questions:
        assert len(question.label["vi"]) <= LONGEST_LABEL, question.name


@every_form
def test_nobody_is_asked_for_more_than_120_ratings(form):
    assert len(ratings(form)) * N_UNITS[form.form_id] <= MOST_RATINGS


def test_a_citizen_is_asked_for_at_most_55_ratings():
    assert len(ratings(FORMS["sipas_2026_nguoi_dan"])) <= 55


@every_form
def test_the_time_announced_is_what_the_questions_take(form):
    matrix = {
        question.name
        for section in form.sections
        if isinstance(section, Repeat) and section.layout is Layout.MATRIX
        for question in section.questions
    }
    seconds = 60
    for question in form.questions:
        if question.criterion:
            pace = 5 if question.name in matrix else 10
            seconds += pace * N_UNITS[form.form_id]
        else:
            seconds += 20 if question.measure is Measure.EXPECTATION else 10
    assert 0 <= int(form.settings["minutes"]) - seconds / 60 <= 1.5


def test_every_criterion_is_fed():
    fed = {question.criterion for form in FORMS.values() for question in ratings(form)}
    assert fed == CRITERIA


@pytest.mark.parametrize(
    ("name", "criteria"),
    [
        ("so_2026_cong_chuc", {f"SO.{content}" for content in CONTENTS}),
        ("xa_2026_hdnd_xa", {f"XA.{content}" for content in CONTENTS}),
        ("xa_2026_cong_chuc", {f"XA.{content}" for content in CONTENTS}),
        ("sipas_2026_nguoi_dan", {c for c in CRITERIA if c.startswith(("CS.", "DV."))}),
    ],
)
def test_those_who_see_everything_are_asked_about_everything(name, criteria):
    assert {question.criterion for question in ratings(FORMS[name])} == criteria


@every_form
def test_a_form_feeds_only_the_criteria_of_its_programme(form):
    programmes = {"so": {"SO"}, "xa": {"XA"}, "sipas": {"CS", "DV"}, "dvsn": {"DVSN"}, "nganh": {"ND"}}
    prefixes = programmes[form.form_id.split("_")[0]]
    assert {str(question.criterion).split(".")[0] for question in ratings(form)} == prefixes


@every_form
def test_every_rating_names_its_unit_and_its_kind(form):
    for section in form.sections:
        for question in section.questions:
            rated = isinstance(section, Repeat)
            assert bool(question.criterion) is rated, question.name
            assert (question.measure in (Measure.ASSESSMENT, Measure.SATISFACTION)) is rated, question.name


@every_form
def test_every_rating_may_be_answered_with_no_basis_to_judge(form):
    for question in ratings(form):
        choices = form.choices[question.list_name]
        assert question.type is QuestionType.SELECT_ONE
        assert question.required
        assert [choice.dont_know for choice in choices] == [False] * (len(choices) - 1) + [True], question.name


@every_form
def test_scales_run_from_worst_to_best_with_as_many_good_levels_as_bad(form):
    for name in {question.list_name for question in ratings(form)}:
        levels = [choice for choice in form.choices[name] if not choice.dont_know]
        assert [level.name for level in levels] == [str(n + 1) for n in range(len(levels))], name
        assert 3 <= len(levels) <= 5, name
        assert OPPOSITES[levels[0].label["vi"]] == levels[-1].label["vi"], name


@every_form
def test_no_item_is_reversed(form):
    assert not any(question.reverse for question in form.questions)


@every_form
def test_names_are_plain_and_used_once(form):
    names = [section.name for section in form.sections] + [question.name for question in form.questions]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) for name in names)  # Stata and SPSS keep 32


@every_form
def test_every_choice_list_is_used(form):
    assert {question.list_name for question in form.questions} - {None} == set(form.choices)


@every_form
def test_the_period_asked_about_is_stated(form):
    period = re.compile(
        "từ ngày 01/01/2026 đến nay|từ ngày 01/01/2024 đến ngày 31/12/2024|"
        "trong 12 tháng qua|lần làm thủ tục gần đây nhất"
    )
    for section in form.sections:
        if isinstance(section, Repeat):
            assert period.search(section.label["vi"]), section.name


@every_form
def test_closed_groups_are_asked_nothing_that_gives_them_away(form):
    asked = list(form.questions)
    free = [q.name for q in asked if q.type in (QuestionType.TEXT, QuestionType.DATE) or q.or_other]
    if form.form_id in SIPAS:
        assert free == ["comment"]
        assert not next(q for q in asked if q.name == "comment").required
    else:
        assert free == []
        assert not any(q.background for q in asked)
        assert not any(isinstance(s, Repeat) and s.units_from for s in form.sections)


@pytest.mark.parametrize(("name", "n_invited"), [("sipas_2026_nguoi_dan", 71), ("sipas_2026_to_chuc", 20)])
def test_background_leaves_ten_people_alike_in_a_commune(name, n_invited):
    form = FORMS[name]
    kinds = math.prod(len(form.choices[q.list_name]) for q in form.questions if q.background)
    assert n_invited / kinds >= 10


@pytest.mark.parametrize("name", sorted(SIPAS))
def test_background_and_extra_payments_come_last_and_may_be_left_blank(name):
    *_, before_last, last = FORMS[name].sections
    sensitive = [*last.questions, next(q for q in before_last.questions if q.name == "extra_payment")]
    assert isinstance(last, Group)
    assert not any(question.required for question in sensitive)
    assert not any(q.background for section in FORMS[name].sections[:-1] for q in section.questions)


@pytest.mark.parametrize("name", sorted(SIPAS))
def test_services_are_asked_only_of_those_who_used_one(name):
    for section in FORMS[name].sections:
        services = any((question.criterion or "").startswith("DV.") for question in section.questions)
        assert not services or section.relevant == "${used_service} = 'yes'"


NO_SERVICE = {"used_service": "no"}
ONLINE = {"used_service": "yes", "channel": "online_self", "made_petition": "no"}
AT_THE_COUNTER = {"used_service": "yes", "channel": "counter", "made_petition": "yes"}


@pytest.mark.parametrize(
    ("name", "answers", "n_ratings"),
    [
        ("sipas_2026_nguoi_dan", NO_SERVICE, 27),
        ("sipas_2026_nguoi_dan", {"used_service": "elsewhere"}, 27),
        ("sipas_2026_nguoi_dan", ONLINE, 42),
        ("sipas_2026_nguoi_dan", AT_THE_COUNTER, 46),
        ("sipas_2026_to_chuc", NO_SERVICE, 12),
        ("sipas_2026_to_chuc", AT_THE_COUNTER, 31),
    ],
)
def test_people_are_asked_only_what_they_met(name, answers, n_ratings):
    units, today = [RatedUnit("00004", "Phường Ba Đình")], date(2026, 10, 1)
    asked = [
        item.question
        for page in pages(FORMS[name], units, answers, today)
        for item in shown_items(FORMS[name], page, units, answers, today)
    ]
    assert sum(question.criterion is not None for question in asked) == n_ratings


@pytest.mark.parametrize("name", sorted(SIPAS))
def test_every_policy_and_factor_has_an_overall_satisfaction(name):
    asked = ratings(FORMS[name])
    satisfied = [q.criterion for q in asked if q.measure is Measure.SATISFACTION]
    assert sorted(satisfied) == sorted({q.criterion for q in asked})


def test_organisations_are_not_asked_as_households():
    words = " ".join(text["vi"].lower() for _, text in texts(FORMS["sipas_2026_to_chuc"]))
    assert not re.search("sinh hoạt|gia đình|hộ dân|học sinh|khai sinh", words)


@every_form
def test_priorities_are_three_at_most(form):
    for question in form.questions:
        if question.measure is Measure.EXPECTATION:
            assert question.type is QuestionType.SELECT_MULTIPLE
            assert question.constraint == "count-selected(.) <= 3"
            assert "3" in question.constraint_message["vi"]
            assert "tối đa 3" in question.label["vi"]
