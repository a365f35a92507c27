"""One line of JSON per request: which view, how it ended, how long it took.

Never a path, a query, an address or a cookie: a path can hold a link's code, and an address can name a person.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

FIELDS = ("endpoint", "method", "status", "ms")
_as_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for each line


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message and the request's fields; an exception by type and place, without its values."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["message"] = "unhandled error"
            line["error"] = record.exc_info[0].__name__
            line["where"] = _places(record)
        return _as_json(line)


def _places(record: logging.LogRecord) -> list[str]:
    """File, line and function of each frame: the words of an exception may quote what somebody answered."""
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('site-packages/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def configure() -> None:
    """Send all logs to standard error as JSON; called by the server, not by tests."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def init_app(app: Flask) -> None:
    requests = logging.getLogger("survey.requests")

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        elapsed = round(1000 * (time.perf_counter() - g.get("started", time.perf_counter())), 1)
        fields = {"endpoint": request.endpoint, "method": request.method, "status": response.status_code, "ms": elapsed}
        if requests.isEnabledFor(logging.INFO):
            requests.info("request", extra=fields)
        return response
