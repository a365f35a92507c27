"""The respondents' pages: from a link to a receipt."""

from survey_app.respond.views import blueprint

__all__ = ["blueprint"]
