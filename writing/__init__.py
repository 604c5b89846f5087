"""How a question comes to be, whoever drives it: Temporal's activities, or a task of this process."""
