"""The record side of lineage: what is claimed becomes edges, and what follows from them is kept in step."""
