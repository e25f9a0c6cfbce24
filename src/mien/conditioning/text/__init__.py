"""Texts to vectors: what a generator that draws by words is told of them."""
