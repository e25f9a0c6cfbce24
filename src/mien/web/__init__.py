"""The studio: pages in a browser that show runs while they train, and generate images. Training knows nothing of it."""
