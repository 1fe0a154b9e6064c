"""Metric points: how they are written, kept, moved and read."""
