"""The subcommand `whence search`: words, dimensions and ancestry in one question, in the terminal."""
