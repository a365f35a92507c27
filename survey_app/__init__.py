"""The platform: the only package that knows Flask and SQLAlchemy. The application is made in ``survey_app.app``."""
