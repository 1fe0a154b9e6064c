"""Benchmarks: each compares sides in one run and prints ratios beside the figures."""
