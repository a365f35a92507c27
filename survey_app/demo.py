"""The trial instance: the rounds of Hà Nội 2026 with a made-up roll, so that every page can be tried at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from survey_app.definitions import read_round_plan, read_units, shipped_rounds, shipped_units
from survey_app.models.rounds import Mode, SurveyRound
from survey_app.queries.accounts import accounts_shown
from survey_app.roles import Role
from survey_app.security import KeyRing, derive, write_code
from survey_app.services.accounts import create_account, grant
from survey_app.services.keys import made_key
from survey_app.services.opening import open_round
from survey_app.services.passwords import Passwords
from survey_app.services.roll import Person, invite, open_posters
from survey_app.services.rounds import add_units, create_round

ROUNDS = ("hanoi-2026-so", "hanoi-2026-xa")

# How many people each group of the trial has: in all, or for each unit of their own. Made up, of plausible size
# (the City People's Council has 125 delegates); the real numbers come with the sample plan.
PEOPLE: dict[tuple[str, str], dict[str, Any]] = {
    ("hanoi-2026-so", "hdnd_tp"): {"n": 125},
    ("hanoi-2026-so", "lanh_dao_so"): {"per": "so", "n": 4},
    ("hanoi-2026-so", "lanh_dao_xa"): {"per": "xa_phuong", "n": 2},
    ("hanoi-2026-so", "cong_chuc"): {"per": "so", "n": 20},
    ("hanoi-2026-xa", "hdnd_tp"): {"n": 125},
    ("hanoi-2026-xa", "lanh_dao_so"): {"per": "so", "n": 5},  # 70 people are the fewest that connect 126 units
    ("hanoi-2026-xa", "hdnd_xa"): {"per": "xa_phuong", "n": 15},
    ("hanoi-2026-xa", "cong_chuc"): {"per": "xa_phuong", "n": 15},
}

ACCOUNTS = {
    "quan_tri": ("Quản trị hệ thống", (Role.ADMINISTRATOR,)),
    "nghien_cuu": ("Nghiên cứu viên", (Role.RESEARCHER,)),
    "giam_sat": ("Giám sát", (Role.SUPERVISOR,)),
}


def load_demo(session: Session, keys: KeyRing, today: date) -> list[SurveyRound]:
    """Create, fill and open the rounds; dates are moved so that the rounds are open today."""
    units = read_units(shipped_units()["hanoi"])
    add_units(session, "hanoi", units)
    return [_load_round(session, keys, code, units, today) for code in ROUNDS]


def load_accounts(session: Session, passwords: Passwords, secret_key: str, now: datetime) -> dict[str, str]:
    """The accounts of the trial with their passwords, made where they are missing.

    The passwords follow from the trial's own secret key: they are the same at the next start, and no others' trial's.
    """
    known = {account.username: account for account in accounts_shown(session)}
    chosen = {}
    for username, (display_name, roles) in ACCOUNTS.items():
        chosen[username] = write_code(derive(secret_key.encode(), "demo account", username.encode())[:10]).lower()
        if username in known:
            continue
        made, _password = create_account(
            session,
            passwords,
            username=username,
            display_name=display_name,
            email=None,
            now=now,
            password=chosen[username],
        )
        for role in roles:
            grant(session, made, role)
    return chosen


def _load_round(session: Session, keys: KeyRing, code: str, units: pd.DataFrame, today: date) -> SurveyRound:
    plan = read_round_plan(shipped_rounds()[code])
    plan = replace(plan, opens_on=today - timedelta(days=7), closes_on=today + timedelta(days=60))
    survey_round = create_round(session, plan, today)
    round_key = made_key(session, keys, code)
    for group in survey_round.groups:
        if group.mode == Mode.OPEN_LINK:
            open_posters(session, survey_round, group)
        else:
            people = list(_people(code, group.code, units))
            invite(session, survey_round, group, people, round_key=round_key, seed=2026)
    open_round(session, survey_round)
    return survey_round


def _people(code: str, group: str, units: pd.DataFrame) -> Iterator[Person]:
    asked = PEOPLE[code, group]
    owners = units.loc[units["block"] == asked["per"], "unit_code"] if "per" in asked else [""]
    for own_unit in owners:
        for number in range(1, asked["n"] + 1):
            yield Person(ref="-".join(filter(None, (group, own_unit, f"{number:03}"))), own_unit=own_unit)
