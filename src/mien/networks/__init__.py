"""Networks: pure modules, one file for each architecture, independent of losses, games and training."""
