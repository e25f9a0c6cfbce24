"""Data: a data set is prepared once from files and then read as uint8 from memory."""
