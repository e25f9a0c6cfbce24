"""Players, optimizers, the training loop, the moving average. No function here writes a file."""
