"""Terms of a player's objective: adversarial losses, penalties. Written once, for a match."""
