"""A training as users know it: options to a trainer, a trainer to files, files back to a trainer."""
