"""Typst, in this process or, for long documents, in one of its own: it keeps what it set, half a megabyte a page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typst

PICTURE_PPI = 72
MAIN = "main.typ"


class NotTypeset(ValueError):
    """The document could not be set; the message is the typesetter's."""


def typeset(
    files: Mapping[str, str], *, fonts: Sequence[str] = (), picture: bool = False, apart: bool = False
) -> bytes:
    """The document ``main.typ`` among these files, as PDF or its only page as PNG. Nothing touches the disk.

    fonts: folders of fonts beside those that the typesetter brings; those of the machine are not looked at, so a
    document looks the same everywhere. apart: in a process of its own, whose memory ends with it.
    """
    task = {"files": dict(files), "fonts": list(fonts), "picture": picture}
    if not apart:
        return _set(task)
    command = [sys.executable, "-m", __name__]
    ended = subprocess.run(command, input=json.dumps(task).encode(), capture_output=True, check=False)  # noqa: S603
    if ended.returncode:
        raise NotTypeset(ended.stderr.decode(errors="replace")[-2000:])
    return ended.stdout


def _set(task: Mapping[str, Any]) -> bytes:
    files = {name: text.encode() for name, text in task["files"].items()}
    form = {"format": "png", "ppi": PICTURE_PPI} if task["picture"] else {"format": "pdf"}
    try:
        made: bytes = typst.compile(files, font_paths=task["fonts"], ignore_system_fonts=True, **form)
    except typst.TypstError as error:
        raise NotTypeset(str(error)) from None
    return made


def main() -> None:
    """The other end: a task on the way in, the document on the way out."""
    try:
        sys.stdout.buffer.write(_set(json.load(sys.stdin.buffer)))
    except NotTypeset as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
