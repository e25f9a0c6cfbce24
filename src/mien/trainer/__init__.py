"""Trainings: options become a trainer, a trainer writes the files of a run, and the files become a trainer again."""
