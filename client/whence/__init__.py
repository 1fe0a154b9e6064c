"""Whence: the record of machine-learning experiments, from Python and from the command line."""

__version__ = "0.1.0"
