"""Evaluation: two image sets, their features from one pass each, and the rows of metrics."""
