"""Results on screen. For now of rehearsals only: real results wait for accounts and publication."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("results", __name__, url_prefix="/rehearsals")
