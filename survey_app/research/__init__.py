"""The Institute's workplace: rounds from the design of a sample to the results."""

from __future__ import annotations

from flask import Blueprint

from survey_app.research import board, calendar, design, files, frame_draws, jobs, mailings, rounds, units

BLUEPRINTS: tuple[Blueprint, ...] = (
    board.blueprint,
    calendar.blueprint,
    design.blueprint,
    files.blueprint,
    frame_draws.blueprint,  # that of ``frames``, with the views of draws
    jobs.blueprint,
    rounds.blueprint,
    mailings.blueprint,
    units.blueprint,
)
