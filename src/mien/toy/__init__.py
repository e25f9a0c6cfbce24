"""Learning made visible on points in 1 and 2 dimensions: the same games, losses, penalties and loop as for faces."""
