// Enhancements only: every page works without this file.
(function () {
  "use strict";
  const summary = document.getElementById("summary");
  if (summary) summary.focus();
  const form = document.getElementById("answers");
  if (!form) return;

  // Unsaved answers: ask before the page is left by anything but its own buttons.
  let touched = false;
  form.addEventListener("change", () => { touched = true; });
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
  window.addEventListener("pageshow", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });

  // Live conditions: the server's rules for this page, followed here as they are there (instruments/live.py,
  // instruments/values.py). What stands in a hidden question stays in the page; the server leaves it out.
  const data = document.getElementById("rules");
  if (!data || !window.expressions) return;
  const rules = new Map(JSON.parse(data.textContent).map((rule) => [rule.field, rule]));
  const questions = Array.from(form.querySelectorAll(".question"));
  const status = document.getElementById("live");

  const pad = (digits) => digits.padStart(2, "0");
  const READ = {
    integer: (text) => (/^-?[0-9]{1,15}$/.test(text) ? number(Number(text)) : ""),
    decimal: (text) => (/^-?([0-9]{1,15}([.,][0-9]{0,15})?|[.,][0-9]{1,15})$/.test(text)
      ? number(Number(text.replace(",", "."))) : ""),
    range: function (text, entry) {
      const read = READ.decimal(text);
      const [start, end, step] = entry.dataset.limits.split(" ").map((limit) => (limit ? Number(limit) : NaN));
      const steps = (Number(read) - (start || 0)) / step;
      const refused = Number(read) < start || Number(read) > end || Math.abs(steps - Math.round(steps)) > 1e-9;
      return read === "" || refused ? "" : read;
    },
    date: function (text) {
      const iso = /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$/.exec(text);
      const local = /^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})$/.exec(text);
      if (!iso && !local) return "";
      const written = iso ? [iso[1], pad(iso[2]), pad(iso[3])] : [local[3], pad(local[2]), pad(local[1])];
      const day = new Date(written.join("-") + "T00:00:00Z");
      const real = !isNaN(day) && day.toISOString().slice(0, 10) === written.join("-") && written[0] >= "1000";
      return real ? written.join("-") : "";
    },
    text: (text) => text.normalize("NFC"),
  };

  function number(value) {
    return window.expressions.evaluate(["string", value + 0], {}, "", "");
  }

  function options(question) {
    return Array.from(question.querySelectorAll("input[type=radio], input[type=checkbox]"));
  }

  // What the server will read from a question, as text; empty where it would refuse it.
  function given(question) {
    const ticked = options(question).filter((input) => input.checked && !input.disabled);
    if (ticked.length) {
      const alone = ticked.some((input) => input.closest(".dont-know"));
      return alone && ticked.length > 1 ? "" : ticked.map((input) => input.value).join(" ");
    }
    const entry = question.querySelector("[data-type]");
    if (!entry) return "";
    const text = entry.value.trim();
    return text ? READ[entry.dataset.type](text, entry) : "";
  }

  function offer(question, choices, holds) {
    options(question).forEach(function (input) {
      if (!Object.prototype.hasOwnProperty.call(choices, input.value)) return;
      input.disabled = !holds(choices[input.value]);
      input.closest(".option").hidden = input.disabled;
    });
  }

  // In the order of the form: each answer counts for the conditions of those after it.
  function follow(event) {
    const settled = Boolean(event) && event.type === "change";
    const answers = {};
    let appeared = false;
    questions.forEach(function (question) {
      const field = question.dataset.field;
      const rule = rules.get(field) || {};
      const known = Object.assign({}, rule.answers, answers);
      const truth = (tree, own) => window.expressions.evaluate(tree, known, own, data.dataset.today);
      const holds = (tree) => Boolean(truth(tree, ""));
      if (rule.relevant !== undefined) {
        const shown = holds(rule.relevant);
        appeared = appeared || (shown && question.hidden);
        question.hidden = !shown;
      }
      if (rule.choices) offer(question, rule.choices, holds);
      const own = question.hidden ? "" : given(question);
      const accepted = rule.constraint === undefined || own === "" || Boolean(truth(rule.constraint, own));
      answers[field] = accepted ? own : "";
      advise(question, accepted, settled);
    });
    if (status) status.textContent = appeared ? status.dataset.more : "";
  }

  // Said below the answer, where there is room for it: nothing moves under the finger, nobody is told off while typing.
  function advise(question, accepted, settled) {
    const advice = question.querySelector(".advice");
    if (advice && (accepted || settled)) advice.textContent = accepted ? "" : advice.dataset.words;
  }

  // Tells the server which conditional questions were in sight, so that it does not show the page once more for them.
  form.addEventListener("submit", function () {
    form.querySelectorAll("[name='-seen']").forEach((input) => input.remove());
    questions.forEach(function (question) {
      if (question.hidden || !(rules.get(question.dataset.field) || {}).relevant) return;
      form.append(Object.assign(document.createElement("input"),
        { type: "hidden", name: "-seen", value: question.dataset.field }));
    });
  });

  form.addEventListener("change", follow);
  form.addEventListener("input", (event) => { if (event.target.dataset.type) follow(event); });
  window.addEventListener("pageshow", follow);
  follow();
}());
