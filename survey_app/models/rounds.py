from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Texts
from survey_app.models.units import Unit


class Purpose(StrEnum):
    REAL = "real"
    REHEARSAL = "rehearsal"  # played by a program; its ballots belong to this round alone
    PILOT = "pilot"  # a small trial with real people; its ballots belong to this round alone


class Status(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Stage(StrEnum):
    """How far a round has come: its status, and what was made of the closed box."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    SCORED = "scored"
    PUBLISHED = "published"


class Mode(StrEnum):
    PERSONAL_LINK = "personal_link"
    OPEN_LINK = "open_link"


class RatingScope(StrEnum):
    ALL_UNITS = "all_units"
    ALL_BUT_OWN = "all_but_own"
    OWN = "own"
    BOOKLET = "booklet"
    CHOSEN = "chosen"  # the respondent says which


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A check that the column holds one of the enum's values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class SurveyRound(Base):
    """Đợt điều tra: what is asked, of whom, about which units, between which days, on which legal ground."""

    __tablename__ = "survey_round"
    __table_args__ = (
        one_of("purpose", Purpose),
        one_of("status", Status),
        CheckConstraint("opens_on <= closes_on", name="days_in_order"),
        CheckConstraint("min_cell >= 2", name="min_cell_hides"),
        CheckConstraint("scored_on IS NULL OR status = 'closed'", name="scored_after_the_close"),
        CheckConstraint("published_on IS NULL OR scored_on IS NOT NULL", name="published_after_scored"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    city: Mapped[str]
    title: Mapped[Texts]
    asked_by: Mapped[Texts]
    contact: Mapped[Texts]
    legal_basis: Mapped[Texts]
    results_when: Mapped[Texts]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    purpose: Mapped[str] = mapped_column(default=Purpose.REAL)
    status: Mapped[str] = mapped_column(default=Status.DRAFT)
    methods: Mapped[list[str]]  # the scoring methods as they were (YAML), in the order they are applied
    min_cell: Mapped[int] = mapped_column(default=10)  # k: invitees in an anonymity cell
    programme: Mapped[str] = mapped_column(default="")  # the template it was made from
    pilot_of_id: Mapped[int | None] = mapped_column(ForeignKey("survey_round.id"))
    closed_on: Mapped[date | None]
    scored_on: Mapped[date | None]
    published_on: Mapped[date | None]
    purged_on: Mapped[date | None]  # when names and addresses of its people were destroyed

    groups: Mapped[list[RespondentGroup]] = relationship(order_by="RespondentGroup.position")

    @property
    def stage(self) -> Stage:
        """How far the round has come."""
        if self.published_on:
            return Stage.PUBLISHED
        return Stage.SCORED if self.scored_on else Stage(self.status)


class RoundUnit(Base):
    """A unit that a round assesses."""

    __tablename__ = "round_unit"

    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)


class Milestone(Base):
    """Something that is due in a round: by whom, when, and whether it is done."""

    __tablename__ = "milestone"

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id), index=True)
    position: Mapped[int]
    title: Mapped[Texts]
    responsible: Mapped[Texts]
    product: Mapped[Texts]
    due_on: Mapped[date | None]
    due_words: Mapped[Texts]  # as the plan says it where it names no day: quý IV/2026
    source: Mapped[str]  # which plan says so
    done_on: Mapped[date | None]


class InstrumentVersion(Base):
    """A questionnaire as it was published: the text never changes, an edit is a new version."""

    __tablename__ = "instrument_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str]
    version: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]  # YAML
    published_on: Mapped[date]


class RespondentGroup(Base):
    """Nhóm đối tượng điều tra: who answers which questionnaire, how they are reached, whom they rate."""

    __tablename__ = "respondent_group"
    __table_args__ = (
        UniqueConstraint("survey_round_id", "code"),
        one_of("mode", Mode),
        one_of("rating_scope", RatingScope),
        CheckConstraint("mode = 'open_link' OR rating_scope <> 'chosen'", name="closed_groups_do_not_choose_units"),
        CheckConstraint("rating_scope <> 'booklet' OR booklet_size > 0", name="booklets_have_a_size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_round_id: Mapped[int] = mapped_column(ForeignKey(SurveyRound.id))
    code: Mapped[str]
    position: Mapped[int]
    title: Mapped[Texts]
    mode: Mapped[str]
    rating_scope: Mapped[str]
    booklet_size: Mapped[int] = mapped_column(default=0)
    instrument_version_id: Mapped[int] = mapped_column(ForeignKey(InstrumentVersion.id))
    anonymous: Mapped[bool] = mapped_column(default=True)  # nobody notes who answered; else outcomes are noted by staff
    target_ballots: Mapped[int | None]  # how many answers the sample plan expects
    released_wave: Mapped[int] = mapped_column(default=0)  # those of later waves are in reserve: nobody wrote to them
    draw_seed: Mapped[int | None]  # with the list below: who got which booklet can be drawn again
    list_sha256: Mapped[str | None]
