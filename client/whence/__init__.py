"""Python client of Whence: what a training script and a person at a terminal use."""
