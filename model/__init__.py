"""The door to the language model: client, prompts, answers, and the table of failures."""
