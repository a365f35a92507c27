"""sample plans and draws"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "sample_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("respondent_group_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("justification", sa.String(), nullable=False),
        sa.Column("saved_on", sa.Date(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["respondent_group_id"],
            ["respondent_group.id"],
            name=op.f("fk_sample_plan_respondent_group_id_respondent_group"),
        ),
        sa.ForeignKeyConstraint(["saved_by"], ["account.id"], name=op.f("fk_sample_plan_saved_by_account")),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_sample_plan_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_plan")),
    )
    op.create_index(op.f("ix_sample_plan_survey_round_id"), "sample_plan", ["survey_round_id"], unique=False)
    op.create_table(
        "column_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("header_sha256", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mapping")),
        sa.UniqueConstraint("kind", "header_sha256", name=op.f("uq_column_mapping_kind_header_sha256")),
    )
    op.create_table(
        "frame",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("respondent_group_id", sa.Integer(), nullable=False),
        sa.Column("stored_file_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("uploaded_on", sa.Date(), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["respondent_group_id"], ["respondent_group.id"], name=op.f("fk_frame_respondent_group_id_respondent_group")
        ),
        sa.ForeignKeyConstraint(
            ["stored_file_id"], ["stored_file.id"], name=op.f("fk_frame_stored_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_frame_survey_round_id_survey_round")
        ),
        sa.ForeignKeyConstraint(["uploaded_by"], ["account.id"], name=op.f("fk_frame_uploaded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame")),
    )
    op.create_index(op.f("ix_frame_survey_round_id"), "frame", ["survey_round_id"], unique=False)
    op.create_table(
        "draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("frame_id", sa.Integer(), nullable=False),
        sa.Column("sample_plan_id", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("sample_sha256", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("stored_file_id", sa.Uuid(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("drawn_by", sa.Integer(), nullable=True),
        sa.Column("invited_on", sa.Date(), nullable=True),
        sa.CheckConstraint("seed >= 0", name=op.f("ck_draw_seed_not_negative")),
        sa.ForeignKeyConstraint(["drawn_by"], ["account.id"], name=op.f("fk_draw_drawn_by_account")),
        sa.ForeignKeyConstraint(["frame_id"], ["frame.id"], name=op.f("fk_draw_frame_id_frame")),
        sa.ForeignKeyConstraint(
            ["sample_plan_id"], ["sample_plan.id"], name=op.f("fk_draw_sample_plan_id_sample_plan")
        ),
        sa.ForeignKeyConstraint(
            ["stored_file_id"], ["stored_file.id"], name=op.f("fk_draw_stored_file_id_stored_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
    )
    op.create_index(op.f("ix_draw_frame_id"), "draw", ["frame_id"], unique=False)


def downgrade() -> None:
    op.drop_table("draw")
    op.drop_table("frame")
    op.drop_table("column_mapping")
    op.drop_table("sample_plan")
