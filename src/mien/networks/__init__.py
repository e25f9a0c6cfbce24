"""Networks: pure modules, one file an architecture. They know nothing of losses, games or training."""
