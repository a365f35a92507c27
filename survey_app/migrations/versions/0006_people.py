"""people"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("invitee_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("has_email", sa.Boolean(), nullable=False),
        sa.Column("has_phone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["invitee_id"], ["invitee.id"], name=op.f("fk_contact_invitee_id_invitee")),
        sa.PrimaryKeyConstraint("invitee_id", name=op.f("pk_contact")),
    )
    op.create_table(
        "outcome",
        sa.Column("invitee_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["invitee_id"], ["invitee.id"], name=op.f("fk_outcome_invitee_id_invitee")),
        sa.ForeignKeyConstraint(["noted_by"], ["account.id"], name=op.f("fk_outcome_noted_by_account")),
        sa.PrimaryKeyConstraint("invitee_id", name=op.f("pk_outcome")),
    )
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_group_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_mailing_made_by_account")),
        sa.ForeignKeyConstraint(
            ["respondent_group_id"],
            ["respondent_group.id"],
            name=op.f("fk_mailing_respondent_group_id_respondent_group"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    op.create_index(op.f("ix_mailing_respondent_group_id"), "mailing", ["respondent_group_id"], unique=False)
    op.create_table(
        "mail_item",
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("invitee_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("bounce_token", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'bounced')", name=op.f("ck_mail_item_state_known")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_mail_item_attempts_counted")),
        sa.ForeignKeyConstraint(["invitee_id"], ["invitee.id"], name=op.f("fk_mail_item_invitee_id_invitee")),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_mail_item_mailing_id_mailing")),
        sa.PrimaryKeyConstraint("mailing_id", "invitee_id", name=op.f("pk_mail_item")),
        sa.UniqueConstraint("bounce_token", name=op.f("uq_mail_item_bounce_token")),
    )
    op.create_table(
        "data_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('access', 'correction', 'deletion', 'withdrawal')", name=op.f("ck_data_request_kind_known")
        ),
        sa.ForeignKeyConstraint(["resolved_by"], ["account.id"], name=op.f("fk_data_request_resolved_by_account")),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_data_request_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    op.create_table(
        "payment_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_payment_list_made_by_account")),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_payment_list_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_list")),
    )
    op.create_index(op.f("ix_payment_list_survey_round_id"), "payment_list", ["survey_round_id"], unique=False)
    op.create_table(
        "payment_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_list_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint("quantity > 0 AND unit_amount >= 0", name=op.f("ck_payment_line_amounts_not_negative")),
        sa.ForeignKeyConstraint(
            ["payment_list_id"], ["payment_list.id"], name=op.f("fk_payment_line_payment_list_id_payment_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_line")),
        sa.UniqueConstraint("payment_list_id", "position", name=op.f("uq_payment_line_payment_list_id_position")),
    )
    op.create_index(op.f("ix_payment_line_payment_list_id"), "payment_line", ["payment_list_id"], unique=False)
    op.create_table(
        "letter_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_round_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_letter_template_survey_round_id_survey_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_template")),
        sa.UniqueConstraint("survey_round_id", "kind", name=op.f("uq_letter_template_survey_round_id_kind")),
    )


def downgrade() -> None:
    op.drop_table("letter_template")
    op.drop_table("payment_line")
    op.drop_table("payment_list")
    op.drop_table("data_request")
    op.drop_table("mail_item")
    op.drop_table("mailing")
    op.drop_table("outcome")
    op.drop_table("contact")
