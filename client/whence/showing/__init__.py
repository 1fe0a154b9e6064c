"""One run, at the terminal or as a page."""
