"""Bytes of artifacts over HTTP: uploads that can be gone on with, downloads by digest or by a run's path."""
