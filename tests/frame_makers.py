"""Lists of citizens as a one-stop shop exports them, and a draft round to draw them for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from rounds import a_group, a_plan
from sqlalchemy.orm import Session

from survey_app.models.rounds import RatingScope, SurveyRound
from survey_app.security import KeyRing
from survey_app.services.frame_checks import CheckedList, Listed, PersonRule, Reading, checked_list
from survey_app.services.frames import guessed_mapping
from survey_app.services.rounds import add_units, create_round
from survey_app.uploads.faults import column_letters

COMMUNES = ("00004", "00008", "10009")
TODAY = date(2026, 11, 22)


def a_draft(
    session: Session, keys: KeyRing, contact_keys: KeyRing, *, scope: RatingScope = RatingScope.OWN, min_cell: int = 5
) -> SurveyRound:
    """A round with its two keys, three communes, one group and nobody on its roll; not committed."""
    plan = a_plan(a_group("people", scope=scope), min_cell=min_cell)
    units = pd.DataFrame({"unit_code": COMMUNES, "name": [f"Xã {code}" for code in COMMUNES]})
    add_units(session, plan.city, units.assign(unit_type="xa", block="small", source_note="made up"))
    survey_round = create_round(session, plan, plan.opens_on)
    keys.make(plan.code)
    contact_keys.make(plan.code)
    session.flush()
    return survey_round


def a_list(n: int = 240, **changes: object) -> pd.DataFrame:
    """Files of citizens: of every four, the last two belong to one person."""
    person = [i - 1 if i % 4 == 3 else i for i in range(n)]
    frame = pd.DataFrame(
        {
            "Mã hồ sơ": [f"H{i:04}" for i in range(n)],
            "Họ và tên": [f"<b>Nguyễn</b> Thị {p}" for p in person],
            "Số điện thoại": [f"09{p:08}" for p in person],
            "Email": [f"nguoi{p}@hanoi.gov.vn" for p in person],
            "Mã đơn vị": [COMMUNES[p % 3] for p in person],
            "Thôn/Tổ": [f"Tổ {p % 5}" for p in person],
            "Ngày tiếp nhận": ["05/03/2026"] * n,
        },
        dtype="str",
    )
    for column, cells in changes.items():
        frame[column] = cells
    return frame


def checked(table: pd.DataFrame, **reading: object) -> CheckedList:
    """A list as it is read in, its columns named by their headings."""
    headings = {heading: column_letters(place) for place, heading in enumerate(table)}
    settings = {
        "mapping": guessed_mapping(list(table)),
        "units": {code: f"Xã {code}" for code in COMMUNES},
        "today": TODAY,
        "person_rule": PersonRule.PHONE,
        **reading,
    }
    return checked_list(Listed(table, headings, np.arange(2, len(table) + 2)), Reading(**settings))
