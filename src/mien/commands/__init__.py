"""The road: one verb, one file, one typed function. The command line and the Python API are the same functions."""
