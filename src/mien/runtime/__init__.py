"""The interface to the machine: console, signals, devices, processes, atomic files."""
