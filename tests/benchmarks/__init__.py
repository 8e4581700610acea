"""Measures DESIGN's budgets; nothing here is asserted: ``python -m tests.benchmarks``."""
