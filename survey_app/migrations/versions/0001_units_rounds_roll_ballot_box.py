"""units, rounds, roll and ballot box"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "instrument_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_version")),
        sa.UniqueConstraint("sha256", name=op.f("uq_instrument_version_sha256")),
    )
    op.create_table(
        "survey_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.JSON(), nullable=False),
        sa.Column("contact", sa.JSON(), nullable=False),
        sa.Column("legal_basis", sa.JSON(), nullable=False),
        sa.Column("results_when", sa.JSON(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("methods", sa.JSON(), nullable=False),
        sa.Column("min_cell", sa.Integer(), nullable=False),
        sa.CheckConstraint("purpose IN ('real', 'rehearsal')", name=op.f("ck_survey_round_purpose_known")),
        sa.CheckConstraint("status IN ('draft', 'open', 'closed')", name=op.f("ck_survey_round_status_known")),
        sa.CheckConstraint("min_cell >= 2", name=op.f("ck_survey_round_min_cell_hides")),
        sa.CheckConstraint("opens_on <= closes_on", name=op.f("ck_survey_round_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_round")),
        sa.UniqueConstraint("code", name=op.f("uq_survey_round_code")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit_type", sa.String(), nullable=False),
        sa.Column("block", sa.String(), nullable=False),
        sa.Column("source_note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("city", "code", name=op.f("uq_unit_city_code")),
    )
    op.create_table(
        "draft",
        sa.Column("draft_key", sa.LargeBinary(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("draft_key", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_survey_round_id"), ["survey_round_id"], unique=False)

    op.create_table(
        "outgoing_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("destroyed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("made_on <= expires_on", name=op.f("ck_outgoing_file_expires_after_it_was_made")),
        sa.ForeignKeyConstraint(
            ["survey_round_id"],
            ["survey_round.id"],
            name=op.f("fk_outgoing_file_survey_round_id_survey_round"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_file")),
        sa.UniqueConstraint("path", name=op.f("uq_outgoing_file_path")),
    )
    op.create_table(
        "respondent_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("rating_scope", sa.String(), nullable=False),
        sa.Column("booklet_size", sa.Integer(), nullable=False),
        sa.Column("instrument_version_id", sa.Integer(), nullable=False),
        sa.Column("draw_seed", sa.Integer(), nullable=True),
        sa.Column("list_sha256", sa.String(), nullable=True),
        sa.CheckConstraint(
            "mode = 'open_link' OR rating_scope <> 'chosen'",
            name=op.f("ck_respondent_group_closed_groups_do_not_choose_units"),
        ),
        sa.CheckConstraint("mode IN ('personal_link', 'open_link')", name=op.f("ck_respondent_group_mode_known")),
        sa.CheckConstraint(
            "rating_scope <> 'booklet' OR booklet_size > 0",
            name=op.f("ck_respondent_group_booklets_have_a_size"),
        ),
        sa.CheckConstraint(
            "rating_scope IN ('all_units', 'all_but_own', 'own', 'booklet', 'chosen')",
            name=op.f("ck_respondent_group_rating_scope_known"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_version_id"],
            ["instrument_version.id"],
            name=op.f("fk_respondent_group_instrument_version_id_instrument_version"),
        ),
        sa.ForeignKeyConstraint(
            ["survey_round_id"],
            ["survey_round.id"],
            name=op.f("fk_respondent_group_survey_round_id_survey_round"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_respondent_group")),
        sa.UniqueConstraint("survey_round_id", "code", name=op.f("uq_respondent_group_survey_round_id_code")),
    )
    op.create_table(
        "round_unit",
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_round_unit_survey_round_id_survey_round")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_round_unit_unit_id_unit")),
        sa.PrimaryKeyConstraint("survey_round_id", "unit_id", name=op.f("pk_round_unit")),
    )
    op.create_table(
        "design_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_group_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("rated_units", sa.JSON(), nullable=False),
        sa.Column("public_code", sa.String(), nullable=True),
        sa.Column("n_invited", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["respondent_group_id"],
            ["respondent_group.id"],
            name=op.f("fk_design_cell_respondent_group_id_respondent_group"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_cell")),
        sa.UniqueConstraint("public_code", name=op.f("uq_design_cell_public_code")),
        sa.UniqueConstraint("respondent_group_id", "code", name=op.f("uq_design_cell_respondent_group_id_code")),
    )
    op.create_table(
        "ballot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("design_cell_id", sa.Integer(), nullable=False),
        sa.Column("instrument_version_id", sa.Integer(), nullable=False),
        sa.Column("ballot_key", sa.LargeBinary(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.CheckConstraint("length(ballot_key) = 32", name=op.f("ck_ballot_ballot_key_length")),
        sa.CheckConstraint("(ballot_key IS NULL) = (sealed IS NULL)", name=op.f("ck_ballot_key_and_seal_go_together")),
        sa.CheckConstraint("(sealed IS NULL) <> (answers IS NULL)", name=op.f("ck_ballot_sealed_or_in_clear")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sa.UniqueConstraint("ballot_key", name=op.f("uq_ballot_ballot_key")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ballot_design_cell_id"), ["design_cell_id"], unique=False)

    op.create_table(
        "invitee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("design_cell_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["design_cell_id"], ["design_cell.id"], name=op.f("fk_invitee_design_cell_id_design_cell")
        ),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_invitee_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitee")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitee_code_hash")),
        sa.UniqueConstraint("survey_round_id", "ref", name=op.f("uq_invitee_survey_round_id_ref")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("invitee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitee_design_cell_id"), ["design_cell_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("invitee", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitee_design_cell_id"))

    op.drop_table("invitee")
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ballot_design_cell_id"))

    op.drop_table("ballot")
    op.drop_table("design_cell")
    op.drop_table("round_unit")
    op.drop_table("respondent_group")
    op.drop_table("outgoing_file")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_survey_round_id"))

    op.drop_table("draft")
    op.drop_table("unit")
    op.drop_table("survey_round")
    op.drop_table("instrument_version")
