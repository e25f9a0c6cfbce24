"""The verbs: one file and one typed function for each. The command line and the Python API call the same functions."""
