"""The one meaning of text: it becomes tokens here, once, and every index of every adapter holds only these tokens.

`scripts` names characters, `folding` gives them one form and keeps where they stood, `chunks` cuts what stands between
two blanks, `analysis` puts a text together from its chunks, `fields` a document from its texts; `terms` is what a
query asks for, `parsing` reads it, `matching` says whether a text has it, `highlights` where.
"""
