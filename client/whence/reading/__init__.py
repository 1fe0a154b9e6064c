"""Asking the service from Python: runs as objects and frames, curves as arrays, lineage and search."""
