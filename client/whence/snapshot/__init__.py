"""What a run ran in: code, packages, machine, seeds; so that somebody else can do it again."""
