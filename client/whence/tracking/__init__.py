"""What a training script uses: a run that logs without waiting, and sends everything exactly once."""
