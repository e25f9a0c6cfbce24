"""One page about a run: a single HTML file with its pictures, curves and settings, which needs no network."""
