"""mien learns faces from a folder of pictures and draws new ones."""

__version__ = "0.1.0"
