"""What the record keeps of its projections: checkpoints, marks, what was put off or refused, generations, tasks."""
