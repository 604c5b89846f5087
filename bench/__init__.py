"""Measurements, each with the command that prints it. Load goes to this machine only and stops by itself."""
