"""Sample designs: asked, worked out, compared, adopted."""

from survey_app.research.design.views import blueprint

__all__ = ["blueprint"]
