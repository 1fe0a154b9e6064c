"""`whence lineage`: whence something came, or what came of it, as a tree, a picture, DOT, PROV-JSON or JSON."""
