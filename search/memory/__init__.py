"""The memory adapter: the specification of search in plain Python, over all documents, one after the other."""

from search.memory.memory_index import MemorySearchIndex

__all__ = ["MemorySearchIndex"]
