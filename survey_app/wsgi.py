"""The application as a production server imports it."""

from survey_app import logs
from survey_app.app import create_app

logs.configure()
app = create_app()
