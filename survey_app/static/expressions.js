/* Evaluates the expression trees of the questionnaire with the same results as the server.
   The tree, its conversions and its functions are specified in instruments/grammar.py and instruments/expressions.py. */
(function (root) {
  "use strict";

  const has = Object.prototype.hasOwnProperty;
  const NUMBER = /^[ \t\r\n]*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*$/;
  const DATE = /^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$/;

  function days(text) {
    const date = new Date(text + "T00:00:00Z");
    const valid = !isNaN(date) && date.toISOString().slice(0, 10) === text;
    return valid ? date.getTime() / 86400000 : NaN;
  }

  function num(value) {
    if (typeof value !== "string") return Number(value);
    if (NUMBER.test(value)) return Number(value);
    return DATE.test(value) ? days(value) : NaN;
  }

  function str(value) {
    const text = String(value);
    const parts = typeof value === "number" && /^(-?)(\d)\.?(\d*)e([+-]\d+)$/.exec(text);
    if (!parts) return text;
    const digits = parts[2] + parts[3];
    const point = 1 + Number(parts[4]);
    return parts[1] + (point > 0 ? digits.padEnd(point, "0") : "0." + "0".repeat(-point) + digits);
  }

  function equal(a, b) {
    if (typeof a === "boolean" || typeof b === "boolean") return Boolean(a) === Boolean(b);
    if (typeof a === "number" || typeof b === "number") return num(a) === num(b);
    return a === b;
  }

  function round(value, digits) {
    if (isNaN(digits)) return NaN;
    const places = Math.trunc(Math.max(-9, Math.min(9, digits)));
    const scale = Math.pow(10, Math.abs(places));
    const scaled = places >= 0 ? value * scale : value / scale;
    if (!isFinite(scaled)) return value;
    const low = Math.floor(scaled);
    const nearest = scaled - low >= 0.5 ? low + 1 : low;
    return (places >= 0 ? nearest / scale : nearest * scale) + 0;
  }

  const words = (value) => str(value).split(/[ \t\r\n]+/).filter(Boolean);

  const APPLY = {
    "neg": (a) => -num(a),
    "=": equal,
    "!=": (a, b) => !equal(a, b),
    "<": (a, b) => num(a) < num(b),
    "<=": (a, b) => num(a) <= num(b),
    ">": (a, b) => num(a) > num(b),
    ">=": (a, b) => num(a) >= num(b),
    "+": (a, b) => num(a) + num(b),
    "-": (a, b) => num(a) - num(b),
    "*": (a, b) => num(a) * num(b),
    "div": (a, b) => num(a) / num(b),
    "mod": (a, b) => num(a) % num(b),
    "not": (a) => !a,
    "true": () => true,
    "false": () => false,
    "boolean": Boolean,
    "string": str,
    "number": num,
    "date": str,
    "int": (a) => Math.trunc(num(a)) + 0,
    "round": (a, b) => round(num(a), b === undefined ? 0 : num(b)),
    "string-length": (a) => Array.from(str(a)).length,
    "contains": (a, b) => str(a).includes(str(b)),
    "starts-with": (a, b) => str(a).startsWith(str(b)),
    "concat": (...all) => all.map(str).join(""),
    "selected": (a, b) => str(a).split(" ").includes(str(b)),
    "count-selected": (a) => words(a).length,
    "coalesce": (a, b) => str(a) || str(b),
    "if": (a, b, c) => (a ? b : c),
    "regex": (a, b) => Array.from(str(a)).length <= 2000 && new RegExp("^(?:" + b + ")$", "u").test(str(a)),
  };

  /* A calculation stands among the answers as ["calculation", tree] or ["calculation", tree, relevant]. It is worked
     out when it is first read, and its text then stands in its place. */
  function answer(name, answers, today) {
    const found = has.call(answers, name) ? answers[name] : "";
    if (!Array.isArray(found)) return found;
    const asked = found.length < 3 || evaluate(found[2], answers, "", today);
    const value = asked ? evaluate(found[1], answers, "", today) : "";
    answers[name] = typeof value === "number" && !isFinite(value) ? "" : str(value);
    return answers[name];
  }

  /* tree: as exported by the server; answers: name or field -> string or calculation; own: what "." stands for; today: YYYY-MM-DD. */
  function evaluate(tree, answers, own, today) {
    if (!Array.isArray(tree)) return tree;
    const head = tree[0];
    const value = (part) => evaluate(part, answers, own, today);
    if (head === "ref") return answer(tree[1], answers, today);
    if (head === "self") return own;
    if (head === "today") return today;
    if (head === "and") return Boolean(value(tree[1])) && Boolean(value(tree[2]));
    if (head === "or") return Boolean(value(tree[1])) || Boolean(value(tree[2]));
    return APPLY[head](...tree.slice(1).map(value));
  }

  root.expressions = { evaluate };
})(typeof globalThis === "undefined" ? this : globalThis);
