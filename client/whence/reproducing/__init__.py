"""Doing a run again: checkout, environment, command, from what its snapshot says."""
