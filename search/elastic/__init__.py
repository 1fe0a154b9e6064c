"""The index in Elasticsearch: only tokens of our own analysis, nested dimensions, nothing that a run could explode.

`mapping` says what a document is, `documents` makes one, `values` the texts that sort as values do; `conditions` and
`metrics` compare, `filters` puts a tree together, `texts` asks for words; `orders`, `paging`, `facets` and `names`
are what their names say; `writing` and `generations` fill it; `failures` are ours, not the driver's.
"""
