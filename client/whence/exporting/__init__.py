"""An experiment as a folder: import lines that make it again, and the bytes of its files."""
