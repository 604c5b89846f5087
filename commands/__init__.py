"""What the command line does, one subject a file; `cli.py` names the commands and their options."""
