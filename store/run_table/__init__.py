"""The run table: any filter and any order as SQL, page by page."""

from store.run_table.counts import count_runs
from store.run_table.pages import RunPage, fetch_run_page

__all__ = ["RunPage", "count_runs", "fetch_run_page"]
