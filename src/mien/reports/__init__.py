"""One page about a run: a single HTML file with its images, curves and settings, which needs no network."""
