"""The machine around a training: console, signals, devices, processes, files that are whole or absent."""
