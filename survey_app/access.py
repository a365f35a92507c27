"""Who may use a route. Every view says so; a view that does not is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, abort, request

from survey_app.roles import Role

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["SECURITY_HEADERS", "UNSIGNED", "Role", "init_app", "open_to", "roles_of"]

View = TypeVar("View", bound=Callable[..., object])

UNSIGNED = frozenset({Role.ANYONE, Role.RESPONDENT})
"""Roles that nobody signs in for."""


def open_to(*roles: Role) -> Callable[[View], View]:
    """Declare who may use a view: anybody with one of these roles."""

    def declare(view: View) -> View:
        view.roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return declare


def roles_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The declared roles of an endpoint, None if it declares none; static files are for anyone."""
    if endpoint == "static":
        return frozenset({Role.ANYONE})
    return getattr(app.view_functions[endpoint], "roles", None)


SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address of a page never travels on
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    @app.before_request
    def require_declared_role() -> None:
        if request.endpoint and not roles_of(app, request.endpoint):
            abort(403)

    app.wsgi_app = _with_security_headers(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _with_security_headers(application: WSGIApplication) -> WSGIApplication:
    """Every answer with the headers, whoever made it; Flask would read and check the same words each time."""
    everywhere = list(SECURITY_HEADERS.items())
    over_tls = [*everywhere, ("Strict-Transport-Security", "max-age=31536000")]

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        added = over_tls if environ["wsgi.url_scheme"] == "https" else everywhere

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            return start_response(status, headers + added, *error)

        return application(environ, start)

    return answer
