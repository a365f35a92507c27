"""Questionnaires on the screen: upload, see, try, compare, edit, publish."""

from __future__ import annotations

from survey_app.research.forms import editor, editor_lists, pages, preview
from survey_app.research.forms.routes import blueprint

__all__ = ["blueprint", "editor", "editor_lists", "pages", "preview"]
