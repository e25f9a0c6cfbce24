"""Homework 6's archive: packed as well as two megabytes allow, and validated without trusting it."""
