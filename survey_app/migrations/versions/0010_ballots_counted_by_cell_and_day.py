"""ballots counted by cell and day"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_index(op.f("ix_ballot_design_cell_id"), table_name="ballot")
    op.create_index(op.f("ix_ballot_design_cell_id_day"), "ballot", ["design_cell_id", "day"])


def downgrade() -> None:
    op.drop_index(op.f("ix_ballot_design_cell_id_day"), table_name="ballot")
    op.create_index(op.f("ix_ballot_design_cell_id"), "ballot", ["design_cell_id"])
