"""The model of lineage: kinds of edges, roles and sides, edges with their intervals, and what follows from them."""
