"""The application as a production server imports it."""

from survey_app import create_app, logs

logs.configure()
app = create_app()
