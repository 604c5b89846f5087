"""sign-in, idempotency keys, reviews"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sign_in_failure",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_failure")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("workflow_id", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_idempotency_key_owner_id_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflow_state.workflow_id"],
            name=op.f("fk_idempotency_key_workflow_id_workflow_state"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_workflow_id"), "idempotency_key", ["workflow_id"], unique=False)
    op.add_column("question", sa.Column("review_reason", sa.String(length=40), nullable=True))
    op.add_column("question", sa.Column("review_comment", sa.Text(), nullable=True))
    op.add_column("question", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("question", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    for column in ("edited_at", "replaces_id", "review_comment", "review_reason"):
        op.drop_column("question", column)
    op.drop_table("idempotency_key")
    op.drop_table("sign_in_failure")
