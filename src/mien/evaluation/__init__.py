"""Scoring pictures: which two sides, what is seen of each in one pass, and the rows that come of it."""
