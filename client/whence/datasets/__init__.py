"""Data that a run uses: what it is called, and which version of it this is."""
