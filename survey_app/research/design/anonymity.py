"""What opening will ask of the people who are invited, said while their number is still being decided on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey_app.design_spec import DesignResult, DesignSpec
from survey_app.i18n import number
from survey_app.models.rounds import RatingScope, RespondentGroup, SurveyRound
from survey_app.services.opening import CellNeed, cell_need

NAMED = 3  # units that are named in a sentence


@dataclass(frozen=True, slots=True)
class Anonymity:
    """What each unit of a design must have, where its people rate their own unit, and else the whole group."""

    need: CellNeed
    per_unit: bool

    def least_ballots(self, response_rate: float) -> int | None:
        """Ballots of a unit from which enough people are invited there."""
        if not self.per_unit or self.need.n_invited is None:
            return None
        return math.ceil(self.need.n_invited * response_rate - 1e-9)

    def note(self) -> str:
        """What to heed before the numbers are decided on."""
        background, n = ", ".join(self.need.background), self.need.n_invited
        if n is None:
            return _(
                "Ẩn danh: câu hỏi nhân thân (%(names)s) có câu trả lời tự ghi, nên mời bao nhiêu người đợt cũng không "
                "mở được. Hãy sửa các câu hỏi đó ở mẫu phiếu trước.",
                names=background,
            )
        why = f"k = {self.need.min_cell}"
        if background:
            kinds = number(self.need.n_backgrounds, 0)
            why += _(" × %(n)s loại người theo câu hỏi nhân thân (%(names)s)", n=kinds, names=background)
        said = (
            _("Ẩn danh: mời ít nhất %(n)s người ở mỗi đơn vị (%(why)s); ít hơn thì đợt không mở được.")
            if self.per_unit
            else _("Ẩn danh: mời ít nhất %(n)s người trong cả nhóm (%(why)s); ít hơn thì đợt không mở được.")
        )
        return said % {"n": number(n, 0), "why": why}

    def warning(self, result: DesignResult, spec: DesignSpec) -> str:
        """Which units of a design have too few people; empty if it can be opened."""
        n = self.need.n_invited
        if n is None:
            return self.note()
        if not self.per_unit:
            return self.note() if result.invite < n else ""
        few = [unit for unit in result.units if unit.invite < n]
        if not few:
            return ""
        named = ", ".join(unit.name for unit in few[:NAMED]) + (" …" if len(few) > NAMED else "")
        return _(
            "Ẩn danh: %(count)s đơn vị được mời dưới %(n)s người (%(named)s), nên đợt sẽ không mở được. Hãy đặt số "
            "phiếu ít nhất ở mỗi đơn vị từ %(ballots)s trở lên, hoặc gộp các mức trả lời của câu hỏi nhân thân.",
            count=number(len(few), 0),
            n=number(n, 0),
            named=named,
            ballots=number(self.least_ballots(spec.response_rate) or 0, 0),
        )


def anonymity_of(session: Session, survey_round: SurveyRound, group: RespondentGroup) -> Anonymity | None:
    """What opening will ask of a group; None where its cells follow from the list, not from the design."""
    need = cell_need(session, survey_round, group)
    if need is None or group.rating_scope not in (RatingScope.OWN, RatingScope.ALL_UNITS):
        return None
    return Anonymity(need, per_unit=group.rating_scope == RatingScope.OWN)
