"""Data: what is on disk, prepared once, read as uint8 from memory."""
