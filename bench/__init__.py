"""Benchmarks: what the product does, against the limit of the machine and against a peer."""
