"""A form as its respondents will see it, on the same templates and judged by the same code, with nothing stored.

The answers travel with the page: a sealed field that each request brings along. There is no draft of answers, no
cookie and no key of a round here, and nothing in this module writes to the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from instruments import answering, routing
from instruments.answering import PageAnswers
from instruments.live import live_rules
from instruments.model import Instrument, RatedUnit
from instruments.routing import Page
from survey_app.access import Role, open_to
from survey_app.clock import today
from survey_app.console import flash_done
from survey_app.i18n import LANGUAGES
from survey_app.models.rounds import Mode, Purpose, Status
from survey_app.queries.visits import CellPlan, VisitState
from survey_app.research.forms.routes import blueprint, looked_up
from survey_app.respond import rows
from survey_app.respond.pages import posted, without_surprises
from survey_app.respond.review import Review, ReviewPage, written_lines
from survey_app.respond.visits import Visit
from survey_app.services.forms import publishing_errors

MOST_UNITS = 126
LASTS = 12 * 3600  # seconds that a page may lie open
WIDTHS = ("phone", "full")
WIDE_RULES = re.compile(r"^@media \(min-width: [^{]*\{\n.*?^\}\n", re.MULTILINE | re.DOTALL)
PHONE = "\nbody { max-width: 24.375rem; margin: 0 auto; border: 1px solid #8795a1; border-width: 0 1px; }\n"
NOTHING = {"vi": "", "en": ""}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a preview carries from page to page."""

    ref: str
    n_units: int = 3
    width: str = "full"
    language: str = "vi"
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def units(self) -> tuple[RatedUnit, ...]:
        """Made-up units, so that nobody takes the answers for real ones."""
        return tuple(RatedUnit(f"thu{n:03}", _("Đơn vị mẫu %(n)s", n=n)) for n in range(1, self.n_units + 1))


@blueprint.route("/<ref>/preview", methods=["GET", "POST"])
@open_to(Role.RESEARCHER)
def preview(ref: str) -> str | AnyResponse | tuple[str, int]:
    """One page of the form, the review, or the end; what was answered so far comes and goes with the request."""
    found, form = looked_up(ref)
    if publishing_errors(found.source):
        flash_done(_("Phiếu còn lỗi nên chưa xem thử được. Xin sửa các lỗi dưới đây trước."))
        return redirect(url_for(".show", ref=ref), 303)
    if request.method == "GET":
        trial = _new_trial(ref)
        _speak(trial.language)
        return _opened(form, trial, request.args.get("page", ""))
    trial = _carried(ref)
    if trial is None:
        flash_done(_("Trang xem thử đã mở quá lâu. Xin bắt đầu xem thử lại."))
        return redirect(url_for(".show", ref=ref), 303)
    _speak(trial.language)
    return _turned(form, trial, request.form.get("go", "next"))


@blueprint.get("/phone.css")
@open_to(Role.RESEARCHER)
def phone_stylesheet() -> Response:
    """The respondents' style sheet as a telephone uses it: without the rules for wide screens, in a narrow column."""
    response = Response(_phone_rules(current_app.static_folder or ""), mimetype="text/css")
    response.headers["Cache-Control"] = "private, max-age=600"
    return response


@cache
def _phone_rules(folder: str) -> str:
    return WIDE_RULES.sub("", (Path(folder) / "style.css").read_text(encoding="utf-8")) + PHONE


# --- what travels ----------------------------------------------------------------------------------------------------


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="form preview")


def _new_trial(ref: str) -> Trial:
    asked = request.args.get("units", "3")
    n_units = min(max(int(asked), 1), MOST_UNITS) if asked.isdecimal() and len(asked) < 4 else 3
    width, spoken = request.args.get("width", ""), request.args.get("lang", "")
    return Trial(ref, n_units, width if width in WIDTHS else "full", spoken if spoken in LANGUAGES else _own_language())


def _own_language() -> str:
    asked = request.cookies.get("lang", "vi")
    return asked if asked in LANGUAGES else "vi"


def _carried(ref: str) -> Trial | None:
    """What the last page sent along; None if it is too old, or was made for another form."""
    try:
        found = _seal().loads(request.form.get("state", ""), max_age=LASTS)
    except BadData:
        return None
    return Trial(**found) if found["ref"] == ref else None


def _sealed(trial: Trial) -> str:
    parts = ("ref", "n_units", "width", "language", "answers")
    return str(_seal().dumps({name: getattr(trial, name) for name in parts}))


def _speak(language: str) -> None:
    """Answer this request in the language of the preview, whatever language the console has."""
    g.language = language
    g.pop("catalogue", None)
    refresh()


# --- from page to page -----------------------------------------------------------------------------------------------


def _route(form: Instrument, trial: Trial) -> tuple[Page, ...]:
    return routing.pages(form, trial.units, trial.answers, today())


def _opened(form: Instrument, trial: Trial, key: str) -> str:
    """The page of this key, else the first of its section, else the first; a form may begin with none."""
    way = _route(form, trial)
    same = [page for page in way if page.key == key]
    near = [page for page in way if page.section.name == key.partition(".")[0]]
    found = next(iter([*same, *near, *way]), None)
    return _page(form, trial, found) if found else _review(form, trial)


def _turned(form: Instrument, trial: Trial, go: str) -> str | tuple[str, int]:
    """Read the page that was posted, then show where the button leads."""
    way = _route(form, trial)
    here = next((page for page in way if page.key == request.form.get("page")), None)
    if here is None:
        return _beyond(form, trial, go)
    read = answering.read_page(form, here, posted(), trial.answers, trial.units, today())
    trial = replace(trial, answers=answering.merge(trial.answers, here, read.values))
    if go.startswith("language:"):
        code = go.removeprefix("language:")
        trial = replace(trial, language=code if code in LANGUAGES else trial.language)
        _speak(trial.language)
        return _page(form, trial, here)
    way = _route(form, trial)
    order = [page.key for page in way]
    at = order.index(here.key) if here.key in order else -1
    if go == "back" and way:
        return _page(form, trial, way[max(at - 1, 0)])
    if read.faults or read.revealed:
        return _page(form, trial, here, read), 422 if read.faults else 200
    return _page(form, trial, way[at + 1]) if at + 1 < len(way) else _review(form, trial)


def _beyond(form: Instrument, trial: Trial, go: str) -> str | tuple[str, int]:
    """From the review: back into a page, or to the end."""
    what, _sign, key = go.partition(":")
    if what == "language" and key in LANGUAGES:
        trial = replace(trial, language=key)
        _speak(key)
    if what == "edit":
        return _opened(form, trial, key)
    if what == "send":
        finished = answering.finish(form, trial.answers, trial.units, today())
        return (_review(form, trial), 422) if finished.faults_by_page else _end(form, trial, finished.answers)
    return _review(form, trial)


def _visit(form: Instrument, trial: Trial) -> Visit:
    """What the respondents' templates are made from: of no round and with no key, so nothing could be kept or sent."""
    plan = CellPlan(
        design_cell_id=0,
        survey_round_id=0,
        round_code="",
        instrument_version_id=0,
        mode=Mode.OPEN_LINK,
        purpose=Purpose.REHEARSAL,
        round_title=form.title,  # type: ignore[arg-type]
        group_title=NOTHING,
        asked_by=form.title,  # type: ignore[arg-type]
        contact=NOTHING,
        legal_basis=NOTHING,
        results_when=NOTHING,
        units=tuple((unit.code, unit.name) for unit in trial.units),
    )
    state = VisitState(Status.DRAFT, date.min, date.min, None, 0, sent=False)
    return Visit(plan, form, trial.units, "", b"", b"", b"", b"", state, trial.answers)


def _rendered(template: str, form: Instrument, trial: Trial, **more: Any) -> str:
    address = url_for(".preview", ref=trial.ref)
    if trial.width == "phone":
        more["asset"] = _phone_asset
    return render_template(
        template, visit=_visit(form, trial), trial=trial, state=_sealed(trial), address=address, sending=address, **more
    )


def _phone_asset(name: str) -> str:
    everywhere = current_app.jinja_env.globals["asset"]
    return url_for(".phone_stylesheet") if name == "style.css" else everywhere(name)  # type: ignore[operator]


def _page(form: Instrument, trial: Trial, page: Page, read: PageAnswers | None = None) -> str:
    read = without_surprises(read) if read else None
    visit = _visit(form, trial)
    way = _route(form, trial)
    shown = rows.page_rows(visit, page, trial.answers, read)
    return _rendered(
        "console/forms/preview_page.html",
        form,
        trial,
        page=page,
        title=rows.page_title(page),
        hints=rows.page_hints(page),
        rows=shown,
        faults=[row for row in shown if row.fault],
        revealed=read.revealed if read else (),
        number=[other.key for other in way].index(page.key) + 1,
        count=len(way),
        rules=live_rules(form, page, trial.units, trial.answers, today()),
        today=today().isoformat(),
    )


def _review(form: Instrument, trial: Trial) -> str:
    visit = _visit(form, trial)
    finished = answering.finish(form, trial.answers, trial.units, today())
    pages = tuple(
        ReviewPage(
            title=rows.page_title(page),
            address=f"#{page.key}",
            lines=written_lines(visit, page, trial.answers),
            faults=len(finished.faults_by_page.get(page.key, ())),
        )
        for page in _route(form, trial)
    )
    return _rendered("console/forms/preview_review.html", form, trial, review=Review(pages))


def _end(form: Instrument, trial: Trial, answers: Mapping[str, Any]) -> str:
    """What would have gone into the box, by question."""
    return _rendered("console/forms/preview_end.html", form, trial, answers=answers)
