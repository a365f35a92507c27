"""Who may use a route. Every view says so; a view that does not is refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask, Response, abort, request

View = TypeVar("View", bound=Callable[..., object])


class Role(StrEnum):
    ANYONE = "anyone"
    RESPONDENT = "respondent"  # holds the cookie of a personal or open link


def open_to(role: Role) -> Callable[[View], View]:
    """Declare who may use a view."""

    def declare(view: View) -> View:
        view.role = role  # type: ignore[attr-defined]
        return view

    return declare


def role_of(app: Flask, endpoint: str) -> Role | None:
    """The declared role of an endpoint; static files are for anyone."""
    if endpoint == "static":
        return Role.ANYONE
    return getattr(app.view_functions[endpoint], "role", None)


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
        if request.endpoint and role_of(app, request.endpoint) is None:
            abort(403)

    app.after_request(_add_security_headers)


def _add_security_headers(response: Response) -> Response:
    response.headers.extend(SECURITY_HEADERS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
