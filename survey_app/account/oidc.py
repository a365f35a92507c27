"""Signing in through the city's own provider (OpenID Connect, code flow with state, nonce and PKCE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import abort, current_app, url_for
from flask import session as cookie
from flask_babel import gettext as _
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from survey_app import console
from survey_app.access import Role, open_to
from survey_app.account import entry
from survey_app.account.entry import blueprint
from survey_app.errors import problem
from survey_app.services import accounts, audit
from survey_app.services import sign_in as signing

SECONDS = 10  # that the provider may take
TARGET = "city_next"  # where the cookie keeps the page that was asked for


class CitySignInFailed(Exception):
    """The provider does not answer, or what it said is not true."""


@blueprint.get("/city")
@open_to(Role.ANYONE)
def oidc_start() -> Response | tuple[str, int]:
    """Go to the provider."""
    try:
        provider = _provider()
        cookie[TARGET] = console.local_next("")
        leaving: Response = provider.authorize_redirect(url_for("account.oidc_return", _external=True))
    except (CitySignInFailed, requests.RequestException, AuthlibBaseError):
        return _unreachable()
    leaving.status_code = 303
    return leaving


@blueprint.get("/city/return")
@open_to(Role.ANYONE)
def oidc_return() -> Response | tuple[str, int]:
    """Come back from the provider: who it says this is must be bound to an account here."""
    try:
        claims = _claims()
    except (CitySignInFailed, requests.RequestException, AuthlibBaseError, JoseError):
        return _unreachable()
    target = cookie.pop(TARGET, "")
    subject = accounts.subject_at(claims["iss"], claims["sub"])
    email = str(claims.get("email") or "") if claims.get("email_verified") is True else None
    with console.writing() as session:
        account = accounts.account_of_subject(session, subject, email)
        if account is not None and signing.may_try(account, console.now()):
            return entry.go_on(session, account, by="city", second_factor=_gave_two(claims), target=target)
        audit.record(
            session,
            "account.city_sign_in_refused",
            account.username if account else entry.NOBODY,
            at=console.now(),
            account_id=account.id if account else None,
            account_name=account.username if account else entry.NOBODY,
        )
    return _not_bound(claims)


def _provider() -> Any:
    """The provider as Authlib knows it, found by its own description; made once in each process."""
    settings = console.config()
    if not settings.oidc_issuer:
        abort(404)
    known = current_app.extensions.get("city_sign_in")
    if known is None:
        issuer = settings.oidc_issuer.rstrip("/")
        known = OAuth(current_app).register(
            "city",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": SECONDS,
            },
        )
        if str(known.load_server_metadata().get("issuer", "")).rstrip("/") != issuer:
            raise CitySignInFailed("the description at the issuer's address is another issuer's")
        current_app.extensions["city_sign_in"] = known
    return known


def _claims() -> Mapping[str, Any]:
    """What the provider signed about who comes back; Authlib has checked state, nonce, signature, issuer and times."""
    claims: Mapping[str, Any] | None = _provider().authorize_access_token().get("userinfo")
    if not claims or not claims.get("sub"):
        raise CitySignInFailed("no identity came back")
    return claims


def _gave_two(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that it asked for two factors (RFC 8176, or by the levels that the settings name)."""
    methods = claims.get("amr")
    levels = console.config().oidc_second_factor_acr.split()
    return (isinstance(methods, list) and "mfa" in methods) or claims.get("acr") in levels


def _unreachable() -> tuple[str, int]:
    return problem(
        502,
        _("Chưa đăng nhập được qua hệ thống của Thành phố"),
        _("Hệ thống đăng nhập của Thành phố không trả lời, hoặc lần đăng nhập này đã quá lâu hay bị hủy."),
        _("Xin mở lại trang đăng nhập và thử lại; hoặc đăng nhập bằng mật khẩu của hệ thống khảo sát."),
        enter_code=False,
    )


def _not_bound(claims: Mapping[str, Any]) -> tuple[str, int]:
    """A helpful refusal: the reader can tell the administrator what to bind."""
    return problem(
        403,
        _("Chưa có tài khoản nào gắn với người đăng nhập này"),
        _("Hệ thống của Thành phố đã nhận ra người dùng, nhưng ở đây chưa có tài khoản tương ứng đang hoạt động."),
        _(
            "Xin gửi cho người quản trị mã định danh sau để được gắn với tài khoản: %(subject)s",
            subject=str(claims["sub"])[:255],
        ),
        enter_code=False,
    )
