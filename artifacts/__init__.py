"""Bytes of artifacts, by digest: a folder of this machine, or a store such as S3 by the same code."""
