"""Frames, and the samples that are drawn from them."""

from survey_app.research.frames import draws
from survey_app.research.frames.lists import blueprint

__all__ = ["blueprint", "draws"]
