"""Documents as search shows them, built from the record: whole, with the fence of the moment that they show."""

from store.documents.building import fetch_documents, fetch_shown_by

__all__ = ["fetch_documents", "fetch_shown_by"]
