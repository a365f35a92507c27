"""earlier rounds and score runs"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "earlier_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source_note", sa.String(), nullable=False),
        sa.Column("method_note", sa.String(), nullable=False),
        sa.Column("scale_max", sa.Double(), nullable=True),
        sa.Column("ballots_file_id", sa.Uuid(), nullable=True),
        sa.Column("imported_on", sa.Date(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ballots_file_id"], ["stored_file.id"], name=op.f("fk_earlier_round_ballots_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["imported_by"], ["account.id"], name=op.f("fk_earlier_round_imported_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_round")),
        sa.UniqueConstraint("city", "programme", "year", name=op.f("uq_earlier_round_city_programme_year")),
    )
    op.create_table(
        "earlier_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("earlier_round_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(), nullable=False),
        sa.Column("unit_name", sa.String(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("se", sa.Double(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["earlier_round_id"], ["earlier_round.id"], name=op.f("fk_earlier_result_earlier_round_id_earlier_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_result")),
        sa.UniqueConstraint(
            "earlier_round_id",
            "unit_code",
            "criterion",
            name=op.f("uq_earlier_result_earlier_round_id_unit_code_criterion"),
        ),
    )
    op.create_table(
        "score_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_sha256", sa.String(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("rules_status", sa.String(), nullable=False),
        sa.Column("results_sha256", sa.String(), nullable=False),
        sa.Column("results", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_score_run_made_by_account")),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_score_run_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_run")),
    )
    op.create_index(op.f("ix_score_run_survey_round_id"), "score_run", ["survey_round_id"], unique=False)


def downgrade() -> None:
    op.drop_table("score_run")
    op.drop_table("earlier_result")
    op.drop_table("earlier_round")
