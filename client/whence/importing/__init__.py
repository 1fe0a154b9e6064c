"""`whence import`: JSON lines into the record, through the public surface, once and only once."""
