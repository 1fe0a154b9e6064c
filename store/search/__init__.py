"""Search in the record itself: words by tokens, dimensions by the run table's conditions, all in one statement."""
