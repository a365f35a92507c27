// Enhancements only: every page works without this file.
(function () {
  "use strict";
  const form = document.getElementById("answers");
  const summary = document.getElementById("summary");
  if (summary) summary.focus();
  if (!form) return;

  // Unsaved answers: ask before the page is left by anything but its own buttons.
  let touched = false;
  form.addEventListener("change", function () { touched = true; });
  form.addEventListener("input", function () { touched = true; });
  form.addEventListener("submit", function () { touched = false; });
  window.addEventListener("pageshow", function () { touched = false; });
  window.addEventListener("beforeunload", function (event) { if (touched) event.preventDefault(); });

  // Live skip logic: the server's expressions, evaluated here as they are there.
  const data = document.getElementById("rules");
  if (!data || !window.surveyExpressions) return;
}());
