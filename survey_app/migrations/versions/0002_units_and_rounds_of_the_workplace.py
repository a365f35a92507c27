"""units and rounds of the workplace"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _days(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Date(), nullable=True) for name in names]


def upgrade() -> None:
    with op.batch_alter_table("unit") as table:
        table.add_column(sa.Column("population", sa.Integer(), nullable=True))
        table.add_column(sa.Column("population_source", sa.String(), nullable=False, server_default=""))
        table.create_check_constraint(op.f("ck_unit_population_counted"), "population >= 0")
    with op.batch_alter_table("unit") as table:
        table.alter_column("population_source", server_default=None)
    with op.batch_alter_table("survey_round") as table:
        table.drop_constraint(op.f("ck_survey_round_purpose_known"), type_="check")
        table.create_check_constraint(
            op.f("ck_survey_round_purpose_known"), "purpose IN ('real', 'rehearsal', 'pilot')"
        )
        table.add_column(sa.Column("programme", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("pilot_of_id", sa.Integer(), nullable=True))
        for column in _days("closed_on", "scored_on", "published_on", "purged_on"):
            table.add_column(column)
        table.create_foreign_key(
            op.f("fk_survey_round_pilot_of_id_survey_round"), "survey_round", ["pilot_of_id"], ["id"]
        )
        table.create_check_constraint(
            op.f("ck_survey_round_scored_after_the_close"), "scored_on IS NULL OR status = 'closed'"
        )
        table.create_check_constraint(
            op.f("ck_survey_round_published_after_scored"), "published_on IS NULL OR scored_on IS NOT NULL"
        )
    with op.batch_alter_table("survey_round") as table:
        table.alter_column("programme", server_default=None)
    with op.batch_alter_table("respondent_group") as table:
        table.add_column(sa.Column("anonymous", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("target_ballots", sa.Integer(), nullable=True))
        table.add_column(sa.Column("released_wave", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("respondent_group") as table:
        table.alter_column("anonymous", server_default=None)
        table.alter_column("released_wave", server_default=None)
    op.add_column("design_cell", sa.Column("stratum", sa.String(), nullable=True))
    op.add_column("design_cell", sa.Column("psu", sa.String(), nullable=True))
    op.add_column("design_cell", sa.Column("design_weight", sa.Double(), nullable=True))
    op.add_column("design_cell", sa.Column("population", sa.Integer(), nullable=True))
    with op.batch_alter_table("invitee", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.add_column(sa.Column("wave", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("revoked_on", sa.Date(), nullable=True))
    with op.batch_alter_table("invitee", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.alter_column("wave", server_default=None)
    op.create_table(
        "unit_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("old_code", sa.String(), nullable=False),
        sa.Column("old_name", sa.String(), nullable=False),
        sa.Column("old_population", sa.Integer(), nullable=True),
        sa.Column("new_unit_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("source_note", sa.String(), nullable=False),
        sa.CheckConstraint("old_population >= 0", name=op.f("ck_unit_change_old_population_counted")),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_unit_change_share_of_one")),
        sa.ForeignKeyConstraint(["new_unit_id"], ["unit.id"], name=op.f("fk_unit_change_new_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_change")),
        sa.UniqueConstraint(
            "city",
            "old_code",
            "new_unit_id",
            "effective_on",
            name=op.f("uq_unit_change_city_old_code_new_unit_id_effective_on"),
        ),
    )
    op.create_table(
        "milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("responsible", sa.JSON(), nullable=False),
        sa.Column("product", sa.JSON(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_words", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_milestone_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    op.create_index(op.f("ix_milestone_survey_round_id"), "milestone", ["survey_round_id"], unique=False)


def downgrade() -> None:
    op.drop_table("milestone")
    op.drop_table("unit_change")
    with op.batch_alter_table("invitee", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.drop_column("revoked_on")
        table.drop_column("wave")
    for name in ("population", "design_weight", "psu", "stratum"):
        op.drop_column("design_cell", name)
    with op.batch_alter_table("respondent_group") as table:
        table.drop_column("released_wave")
        table.drop_column("target_ballots")
        table.drop_column("anonymous")
    op.execute("DELETE FROM survey_round WHERE purpose = 'pilot'")
    with op.batch_alter_table("survey_round") as table:
        table.drop_constraint(op.f("ck_survey_round_published_after_scored"), type_="check")
        table.drop_constraint(op.f("ck_survey_round_scored_after_the_close"), type_="check")
        table.drop_constraint(op.f("fk_survey_round_pilot_of_id_survey_round"), type_="foreignkey")
        table.drop_constraint(op.f("ck_survey_round_purpose_known"), type_="check")
        for name in ("purged_on", "published_on", "scored_on", "closed_on", "pilot_of_id", "programme"):
            table.drop_column(name)
        table.create_check_constraint(op.f("ck_survey_round_purpose_known"), "purpose IN ('real', 'rehearsal')")
    with op.batch_alter_table("unit") as table:
        table.drop_constraint(op.f("ck_unit_population_counted"), type_="check")
        table.drop_column("population_source")
        table.drop_column("population")
