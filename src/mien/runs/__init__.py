"""A run on disk: its directory, checkpoints, snapshots and journals. Knows files, not training."""
