"""A run on disk: its directory, checkpoints, snapshots and logs. This package knows files, not training."""
