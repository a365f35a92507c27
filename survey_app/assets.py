"""Static files by content: an address holds the file's fingerprint, so browsers keep it for a year."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, url_for
from werkzeug.http import parse_accept_header

YEAR = 365 * 24 * 3600
COMPRESS_FROM = 800  # bytes; below this, compression gains nothing
COMPRESSIBLE = ("text/html", "text/css", "text/javascript", "application/json")
WHOLE = (200, 422)  # answers that hold all of a page or file: part of a file must stay that part
QUICK = 1  # gzip level for pages: nine tenths of the gain for a third of the time


def init_app(app: Flask) -> None:
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR
    addresses: dict[str, str] = {}

    def asset(name: str) -> str:
        """The address of a file; files do not change while the process runs."""
        if name not in addresses:
            content = (Path(app.static_folder or "") / name).read_bytes()
            addresses[name] = url_for("static", filename=name, v=hashlib.sha256(content).hexdigest()[:12])
        return addresses[name]

    app.jinja_env.globals["asset"] = asset
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Compress what a browser accepts compressed."""
    if (
        response.status_code not in WHOLE
        or response.mimetype not in COMPRESSIBLE
        or not _takes_gzip(request.headers.get("Accept-Encoding", ""))
        or "Content-Encoding" in response.headers
    ):
        return response
    response.direct_passthrough = False
    data = response.get_data()
    if len(data) >= COMPRESS_FROM:
        response.set_data(_compressed_file(data) if request.endpoint == "static" else _compressed(data))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


@lru_cache(maxsize=256)
def _takes_gzip(accepted: str) -> bool:
    """Whether a browser with this Accept-Encoding reads gzip; there are few such headers, and reading one is slow."""
    return bool(parse_accept_header(accepted)["gzip"])


def _compressed(data: bytes) -> bytes:
    return gzip.compress(data, QUICK, mtime=0)


@lru_cache(maxsize=16)
def _compressed_file(data: bytes) -> bytes:
    """A static file, compressed once."""
    return gzip.compress(data, mtime=0)
