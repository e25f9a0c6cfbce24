"""Games: how batches become turns. A game never knows a loss; a loss never knows a game."""
