"""Players, their optimizers, the one loop, the moving average. Nothing here writes a file or waits for the device."""
