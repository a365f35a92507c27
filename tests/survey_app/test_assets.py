"""Static files are known by their content and kept for a year; what a browser accepts compressed is compressed."""

import gzip
import hashlib
from pathlib import Path

import flask
import pytest
from flask.testing import FlaskClient

from survey_app import assets
from survey_app.roles import Role

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def style(app: flask.Flask) -> bytes:
    return Path(app.static_folder, "style.css").read_bytes()


def get(client: FlaskClient, path: str, **headers: str) -> tuple[flask.Response, bytes]:
    with client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as response:
        return response, response.data


def test_the_address_of_a_file_changes_with_its_content(app: flask.Flask, style: bytes):
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("style.css")
    assert address == f"/static/style.css?v={hashlib.sha256(style).hexdigest()[:12]}"


def test_static_files_are_kept_for_a_year(client: FlaskClient, style: bytes):
    response, body = get(client, "/static/style.css")
    assert body == style
    assert response.cache_control.max_age == assets.YEAR
    again, _nothing = get(client, "/static/style.css", If_None_Match=response.headers["ETag"])
    assert again.status_code == 304


def test_what_is_accepted_compressed_is_compressed(client: FlaskClient, style: bytes):
    response, body = get(client, "/static/style.css", Accept_Encoding="gzip, br")
    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(body) < len(style)
    assert gzip.decompress(body) == style
    assert "Accept-Encoding" in response.headers["Vary"]
    assert get(client, "/static/style.css", Accept_Encoding="gzip")[1] == body  # the same bytes every time


@pytest.mark.parametrize("accepted", ["", "br", "identity", "gzip;q=0"])
def test_what_is_not_accepted_compressed_is_not(client: FlaskClient, style: bytes, accepted: str):
    response, body = get(client, "/static/style.css", Accept_Encoding=accepted)
    assert "Content-Encoding" not in response.headers
    assert body == style


def test_part_of_a_file_is_that_part(client: FlaskClient, style: bytes):
    response, body = get(client, "/static/style.css", Accept_Encoding="gzip", Range="bytes=0-999")
    assert response.status_code == 206
    assert "Content-Encoding" not in response.headers
    assert body == style[:1000]


def test_short_answers_and_the_head_alone_are_left_as_they_are(client: FlaskClient):
    response, body = get(client, "/health", Accept_Encoding="gzip")
    assert "Content-Encoding" not in response.headers
    assert body
    with client.head("/", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.status_code == 200
        assert response.data == b""


def test_pages_with_faults_are_compressed_too(app: flask.Flask):
    @app.get("/long")
    def long() -> tuple[str, int]:
        return "một trang dài " * 200, 422

    app.view_functions["long"].roles = frozenset({Role.ANYONE})
    response, body = get(app.test_client(), "/long", Accept_Encoding="gzip")
    assert response.status_code == 422
    assert gzip.decompress(body).decode() == "một trang dài " * 200


def test_an_asset_that_is_not_there_is_noticed(app: flask.Flask):
    with app.test_request_context(), pytest.raises(FileNotFoundError):
        app.jinja_env.globals["asset"]("none.css")
