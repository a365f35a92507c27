"""The web application: where the four packages meet the database and the people."""

from __future__ import annotations

import os

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from survey_app import access, account, assets, console, errors, i18n, logs, research, respond, results, site
from survey_app.config import Config
from survey_app.instance import instance_of
from survey_app.jobs.queue import Queue
from survey_app.models.base import LARGEST_NUMBER
from survey_app.security import derive
from survey_app.sessions import SparingSessions

csrf = CSRFProtect()


class RowNumber(IntegerConverter):
    """A whole number in an address, at most what a column holds; a larger one is no page."""

    def __init__(self, map: Map, *args: int | bool | None, max: int = LARGEST_NUMBER) -> None:
        super().__init__(map, *args, max=max)


def create_app(config: Config | None = None) -> Flask:
    """The application for these settings; without any, for the settings in the environment."""
    config = config or Config.from_environment(os.environ)
    app = Flask("survey_app")
    app.config.update(
        SECRET_KEY=config.secret_key,
        WTF_CSRF_TIME_LIMIT=None,  # a respondent may take a day over a page
        WTF_CSRF_SSL_STRICT=False,  # it reads the Referer, which our pages do not send
        SESSION_COOKIE_NAME="form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.production,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_PARTS=2000,
    )
    app.url_map.converters["int"] = RowNumber
    app.extensions["config"] = config
    instance = instance_of(config)
    app.extensions["instance"] = instance
    app.extensions["database"] = instance.database
    app.extensions["keys"] = instance.keys
    app.extensions["contact_keys"] = instance.contact_keys
    app.extensions["files"] = instance.files
    app.extensions["queue"] = Queue(config)
    app.extensions["visit_cookie_key"] = derive(config.secret_key.encode(), "visit cookie", b"")
    app.session_interface = SparingSessions()
    app.before_request(console.let_staff_upload)  # before the token is looked for in the form
    csrf.init_app(app)
    csrf.exempt(respond.blueprint)  # its forms hold a token of the visit itself (respond.visits)
    for part in (i18n, logs, access, console, errors, assets):
        part.init_app(app)
    for blueprint in (site.blueprint, respond.blueprint, *account.BLUEPRINTS, *research.BLUEPRINTS):
        app.register_blueprint(blueprint)
    if not config.production:  # results of rehearsals name real units: nobody may take them for real
        app.register_blueprint(results.blueprint)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
