"""Requests on disk until the service has taken them: files of records, each file locked by the one that writes it."""
