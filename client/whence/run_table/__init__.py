"""The subcommand `whence runs`: the run table in the terminal."""
