"""Every route with every role: who is let in is what the view declares, and nothing else."""

import io
from collections.abc import Iterator
from uuid import UUID

import flask
import pytest
from flask.testing import FlaskClient
from rounds import a_plan, make_round
from sqlalchemy.orm import Session
from staff import signed_in
from werkzeug.routing import Rule

from survey_app.access import UNSIGNED, roles_of
from survey_app.clock import today
from survey_app.roles import GRANTED, Role
from survey_app.services.files import store_file

VALUES = {"RowNumber": 987654, "UUIDConverter": UUID(int=1), "PathConverter": "x"}
SAFE = "GET"


# Who may open what does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def staff_rules(app: flask.Flask) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if not (roles_of(app, rule.endpoint) or set()) & UNSIGNED]
    return [rule for rule in rules if rule.endpoint != "static"]


def addresses(app: flask.Flask, rules: list[Rule]) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, address) with a round that is there and things that mostly are not."""
    with app.test_request_context():
        for rule in rules:
            values = {
                name: "small" if name == "round_code" else VALUES.get(type(converter).__name__, "x")
                for name, converter in rule._converters.items()
            }
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield rule, method, flask.url_for(rule.endpoint, **values)


def answer(client: FlaskClient, method: str, address: str) -> int:
    return client.open(address, method=method).status_code


def test_the_routes_of_the_workplace_are_known(app: flask.Flask):
    assert len(staff_rules(app)) > 60


def test_each_role_opens_what_was_declared_for_it_and_nothing_else(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    app.extensions["contact_keys"].make("small")
    session.commit()
    asked = list(addresses(app, staff_rules(app)))
    for role in GRANTED:
        unit = "U1" if role == Role.UNIT_ACCOUNT else None
        client = signed_in(app, role, unit_code=unit)
        for rule, method, address in asked:
            if "sign_out" in rule.endpoint:
                continue
            status = answer(client, method, address)
            roles = roles_of(app, rule.endpoint) or frozenset()
            allowed = role in roles or Role.STAFF in roles
            if not allowed:
                assert status == 403, (role, method, rule.rule, status)
            else:
                reach = unit is None or method == SAFE or Role.STAFF in roles
                assert status < 500, (role, method, rule.rule, status)
                assert status != 403 or not reach or _guarded_further(rule), (role, method, rule.rule, status)


def _guarded_further(rule: Rule) -> bool:
    """Views that look at whose thing it is, beyond the role."""
    return rule.endpoint.split(".")[0] in {"jobs", "files", "privacy"}


def test_staff_of_one_round_open_no_other(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    app.extensions["contact_keys"].make("small")
    session.commit()
    client = signed_in(app, Role.RESEARCHER, round_code="small")
    rules = [r for r in staff_rules(app) if "round_code" in r.arguments]
    assert rules
    for rule, method, address in addresses(app, rules):
        if Role.RESEARCHER in (roles_of(app, rule.endpoint) or ()):
            elsewhere = address.replace("/small", "/other")
            assert answer(client, method, elsewhere) == 403, (method, elsewhere)


def test_staff_of_one_round_read_of_no_other_in_the_log_and_among_what_is_held(app: flask.Flask, session: Session):
    for code in ("small", "small2"):
        make_round(session, app.extensions["keys"], a_plan(code=code))
    session.commit()
    for code in ("small", "small2"):
        signed_in(app, Role.RESEARCHER).post(f"/rounds/{code}/invitations/letterhead", data={"hotline": "1"})
    log = "/admin/audit/"
    for role, address in ((Role.SUPERVISOR, log), (Role.RESEARCHER, "/privacy/")):
        shown = signed_in(app, role, round_code="small").get(address).text
        assert ("small" in shown, "small2" in shown) == (True, False), address
        assert "small2" in signed_in(app, role).get(address).text


def test_nobody_gets_in_without_signing_in(app: flask.Flask, client: FlaskClient):
    app.config["WTF_CSRF_ENABLED"] = False
    for rule, method, address in addresses(app, staff_rules(app)):
        response = client.open(address, method=method)
        assert response.status_code == 303, rule.rule
        assert response.location.startswith("/account/sign-in"), (rule.rule, response.location)


def test_no_form_of_the_workplace_is_taken_without_its_token(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    session.commit()
    client = signed_in(app, *(role for role in GRANTED if role != Role.UNIT_ACCOUNT))
    app.config["WTF_CSRF_ENABLED"] = True
    for rule, method, address in addresses(app, staff_rules(app)):
        if method == "POST":
            assert answer(client, method, address) == 400, rule.rule


def test_a_sign_that_no_database_keeps_is_refused(app: flask.Flask):
    client = signed_in(app, Role.RESEARCHER)
    copy = "/methods/shipped-dtxhh_so_2026/copy"
    assert client.post(copy, data={"version": "1\0"}).status_code == 400
    assert client.get("/units/?f_name=%00").status_code == 400
    assert client.get("/rounds/a%00b/").status_code == 400


def test_only_those_who_are_signed_in_may_send_large_files(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    session.commit()
    large = {"returned": (io.BytesIO(bytes(300 * 1024)), "returned.eml")}
    address = "/rounds/small/mailings/bounces"
    assert signed_in(app, Role.RESEARCHER).post(address, data=large).status_code == 303
    app.config["WTF_CSRF_ENABLED"] = True
    large = {"returned": (io.BytesIO(bytes(300 * 1024)), "returned.eml")}
    assert app.test_client().post(address, data=large).status_code == 413


def test_a_number_beyond_what_a_column_holds_is_no_page(app):
    numbered = [rule for rule in staff_rules(app) if "<int:" in rule.rule]
    assert len(numbered) > 20
    for rule in numbered:
        assert all(converter.max == 2**31 - 1 for converter in rule._converters.values() if hasattr(converter, "max"))


def test_the_id_of_a_file_of_another_room_or_round_opens_nothing(app: flask.Flask, session: Session):
    make_round(session, app.extensions["keys"])
    other = make_round(session, app.extensions["keys"], a_plan(code="other"))
    made = [app.extensions["contact_keys"].make(code) for code in ("small", "other")]
    given = {"name": "a.xlsx", "media_type": "x/y", "data": b"secret", "today": today(), "contact_key": made[1]}
    kinds = ("letters", "people_list", "frame_upload")
    ids = [store_file(session, app.extensions["files"], kind=k, survey_round=other, **given).id for k in kinds]
    session.commit()
    client = signed_in(app, Role.RESEARCHER)
    for file_id in ids:
        uploads = f"/rounds/small/frames/uploads/{file_id}?group=staff"
        for address in (uploads, f"/units/import/{file_id}", f"/units/changes/import/{file_id}"):
            for method in ("GET", "POST"):
                assert answer(client, method, address) == 404, address
        refused = client.post("/rounds/small/invitations/staff/list/invite", data={"file": str(file_id)})
        assert refused.status_code == 409
