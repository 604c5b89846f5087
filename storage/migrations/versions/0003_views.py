"""views for operators"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# A later migration that changes a column of workflow_state drops these views first and makes them again.
_ACTIVE_GENERATIONS = """
CREATE VIEW active_generations AS
SELECT
    workflow_type,
    status,
    count(*) AS generations,
    avg(CASE WHEN total_steps > 0 THEN 100.0 * completed_steps / total_steps ELSE 100 END)::float8
        AS mean_progress_percent
FROM workflow_state
WHERE status IN ('running', 'paused')
GROUP BY workflow_type, status
"""

_RECOVERY_EFFECTIVENESS = """
CREATE VIEW recovery_effectiveness AS
SELECT
    retry_count,
    count(*) AS generations,
    count(*) FILTER (WHERE status = 'completed') AS completed,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE status IN ('running', 'paused')) AS open,
    (
        100.0 * count(*) FILTER (WHERE status = 'completed')
        / nullif(count(*) FILTER (WHERE status NOT IN ('running', 'paused')), 0)
    )::float8 AS completed_percent
FROM workflow_state
GROUP BY retry_count
"""

_COMMENTS = {
    "VIEW active_generations": "Generations that are running or paused, with the mean of their progress.",
    "COLUMN active_generations.mean_progress_percent": "Finished questions of those asked for, 0 to 100, the mean over generations.",
    "VIEW recovery_effectiveness": "What became of generations, by how often each was resumed after an end.",
    "COLUMN recovery_effectiveness.retry_count": "Resumes by a new run after a failure, a cancel or a termination; resumes of a pause do not count.",
    "COLUMN recovery_effectiveness.completed_percent": "Completed of those that have ended, 0 to 100; empty while none has ended.",
}


def upgrade() -> None:
    """Apply."""
    op.execute(_ACTIVE_GENERATIONS)
    op.execute(_RECOVERY_EFFECTIVENESS)
    for subject, comment in _COMMENTS.items():
        op.execute(f"COMMENT ON {subject} IS '{comment}'")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP VIEW recovery_effectiveness")
    op.execute("DROP VIEW active_generations")
