"""Texts as vectors, the condition of a generator that is trained on captions."""
