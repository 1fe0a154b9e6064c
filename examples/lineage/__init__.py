"""Three scripts of three jobs that never speak to each other: ingest, train, deploy. Their names join them."""
