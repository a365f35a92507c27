"""What the browser shows while somebody answers is what the server would show."""

import json
import random
from itertools import chain
from typing import Any

import pytest
from browser.fair import Fair
from browser.respondent import MET, TIMES, Respondent
from browser.small_rounds import EVERY_KIND
from expression_cases import COMPARE_JS, cases
from playwright.sync_api import Page, expect

from instruments import answering, routing
from instruments.model import RatedUnit
from instruments.xlsform import parse_yaml
from survey_app.clock import today

UNITS = tuple(RatedUnit(code, f"Đơn vị {code}") for code in ("U1", "U2", "U3"))
FORM = parse_yaml(EVERY_KIND, "every kind")

# What people tick and type, sensible or not; each answer of a page is drawn from its row.
TYPED: dict[str, dict[str, list[list[str]]]] = {
    "service": {
        "used": [["yes"], ["yes"], ["yes"], ["no"], []],
        "channels": [[], ["counter"], ["counter", "online"], ["counter", "online", "post"], ["98"], ["98", "counter"]],
        "visits": [[""], ["0"], ["3"], ["4"], [" 12 "], ["51"], ["ba"], ["4.5"], ["-0"], ["0007"]],
        "paid": [[""], ["2,5"], ["2.5"], ["2,49"], ["-1"], ["1.000,5"], [",5"], ["3,"], ["1e3"]],
        "handed_in": [[""], ["3/2/2025"], ["2025-02-03"], ["31/12/2025"], ["1.1.2026"], ["30/02/2025"], ["1/1/3000"]],
        "score": [[""], ["4,5"], ["5"], ["4,7"], ["11"], ["-0,5"], ["0"], ["không"]],
        "why_often": [[""], ["Thiếu giấy tờ"]],
        "low_score": [[""], ["Chậm\nquá"]],
    },
    "where": {
        "city": [["hn"], ["hp"], []],
        "place": [["tay_ho"], ["ba_dinh"], ["do_son"], []],
        "lake": [[""], ["Có"]],
        "known": [[], ["U1"], ["U1", "U3"]],
    },
}

FILL = """(answers) => {
  const form = document.getElementById("answers");
  for (const [name, values] of Object.entries(answers)) {
    for (const field of form.querySelectorAll(`[name="${name}"]`)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
      else field.value = values[0];
    }
  }
  form.dispatchEvent(new Event("change"));
  const seen = (element) => !element.closest("[hidden]");
  const posted = {};
  for (const [name, value] of new FormData(form)) (posted[name] = posted[name] || []).push(value);
  return {
    posted,
    shown: [...form.querySelectorAll(".question")].filter(seen).map((question) => question.dataset.field),
    offered: [...form.querySelectorAll("[name=place]")].filter(seen).map((option) => option.value),
    advised: [...form.querySelectorAll(".advice")].filter((advice) => advice.textContent)
      .map((advice) => advice.closest(".question").dataset.field),
  };
}"""


def judged(key: str, posted: dict[str, list[str]]) -> dict[str, Any]:
    """What the server makes of a posted page."""
    page = next(page for page in routing.pages(FORM, UNITS, {}, today()) if page.key == key)
    read = answering.read_page(FORM, page, posted, {}, UNITS, today())
    shown = routing.shown_items(FORM, page, UNITS, read.values, today())
    return {
        "shown": [item.field for item in shown],
        "advised": [fault.field for fault in read.faults if fault.code == "constraint"],
        "refused choices": [fault.field for fault in read.faults if fault.code == "unknown_choice"],
    }


def draws(key: str, count: int) -> list[dict[str, list[str]]]:
    dice = random.Random(2026)
    return [{name: dice.choice(kinds) for name, kinds in TYPED[key].items()} for _ in range(count)]


def reach(page: Page, fair: Fair, key: str) -> None:
    someone = Respondent(page, fair.link("every kind"))
    someone.start()
    if key == "where":
        page.locator("[name=used][value=no]").check()
        someone.go_on()
        someone.sees("Nơi làm thủ tục")
    page.wait_for_load_state()


@pytest.mark.parametrize("key", list(TYPED))
def test_the_browser_shows_what_the_server_would(page: Page, fair: Fair, key: str):
    reach(page, fair, key)
    differences = []
    for answers in draws(key, 400):
        live = page.evaluate(FILL, answers)
        server = judged(key, live["posted"])
        same = live["shown"] == server["shown"] and live["advised"] == server["advised"]
        if not same or server["refused choices"]:
            differences.append((answers, live, server))
    assert differences == []


def test_the_drawn_answers_show_and_hide_every_condition():
    for key in TYPED:
        shown = [tuple(judged(key, answers)["shown"]) for answers in draws(key, 400)]
        conditional = set(chain.from_iterable(shown)) - set.intersection(*map(set, shown))
        assert len(conditional) == {"service": 10, "where": 3}[key]


def test_choices_that_do_not_apply_go_and_are_not_sent(page: Page, fair: Fair):
    reach(page, fair, "where")
    live = page.evaluate(FILL, {"city": ["hn"], "place": ["tay_ho"]})
    assert live["offered"] == ["tay_ho", "ba_dinh"]
    live = page.evaluate(FILL, {"city": ["hp"]})
    assert live["offered"] == ["do_son"]
    assert "place" not in live["posted"]
    live = page.evaluate(FILL, {"city": ["hn"]})
    assert live["posted"]["place"] == ["tay_ho"]  # still there for who changes back


def test_a_question_comes_and_goes_with_the_answer_before_it_and_keeps_what_was_typed(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    expect(someone.field(TIMES)).to_be_hidden()
    someone.choose(MET, "Có")
    expect(someone.field(TIMES)).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Có thêm câu hỏi ở dưới.")
    someone.field(TIMES).fill("12")
    someone.choose(MET, "Không")
    expect(someone.field(TIMES)).to_be_hidden()
    someone.choose(MET, "Có")
    expect(someone.field(TIMES)).to_have_value("12")
    someone.choose(MET, "Không")
    someone.go_on()
    someone.rate_units()
    someone.go_on()
    expect(page.get_by_role("definition").filter(has_text="12")).to_have_count(0)


def test_with_script_a_page_is_not_shown_twice_for_what_was_in_sight(page: Page, fair: Fair):
    reach(page, fair, "service")
    page.locator("[name=used][value=yes]").check()
    page.locator("[name=channels][value=post]").check()
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_role("heading", name="Nơi làm thủ tục")).to_be_visible()


def test_what_does_not_meet_a_constraint_is_said_after_typing_not_while(page: Page, fair: Fair):
    someone = Respondent(page, fair.link("short"))
    someone.start()
    someone.choose(MET, "Có")
    someone.field(TIMES).press_sequentially("400")
    expect(page.locator(".advice")).to_have_text("")
    above = someone.option(MET, "Có").bounding_box()
    button = page.get_by_role("button", name="Tiếp tục").bounding_box()
    someone.field(TIMES).blur()
    expect(page.locator(".advice")).to_have_text("Xin nhập một số từ 1 đến 365.")
    assert someone.option(MET, "Có").bounding_box() == above
    assert page.get_by_role("button", name="Tiếp tục").bounding_box() == button
    someone.field(TIMES).fill("40")
    expect(page.locator(".advice")).to_have_text("")


def test_chromium_gives_the_values_that_the_server_gives(page: Page, fair: Fair):
    page.goto(fair.address)
    page.add_script_tag(url=f"{fair.address}/static/expressions.js")
    wrong = page.evaluate(f"(text) => {{ {COMPARE_JS} return wrong(JSON.parse(text)); }}", json.dumps(cases(1000)))
    assert wrong == []
