"""The Institute's workplace: rounds from the design of a sample to the results."""

from __future__ import annotations

from flask import Blueprint

from survey_app.research import (
    board,
    calendar,
    data_requests,
    design,
    earlier,
    files,
    forms,
    frames,
    invitations,
    jobs,
    mailings,
    methods,
    payments,
    pilot,
    round_forms,
    round_method,
    rounds,
    units,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    board.blueprint,
    calendar.blueprint,
    design.blueprint,
    earlier.blueprint,
    files.blueprint,
    forms.blueprint,
    frames.blueprint,
    invitations.blueprint,
    data_requests.blueprint,  # that of ``privacy``, with the views of requests
    jobs.blueprint,
    mailings.blueprint,
    methods.blueprint,
    payments.blueprint,
    pilot.blueprint,
    round_forms.blueprint,
    round_method.blueprint,
    rounds.blueprint,
    units.blueprint,
)
