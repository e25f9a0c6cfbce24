"""A run's numbers and sample grids in the trackers of others. The run's own files stay the truth."""
