"""Face detection and alignment: find faces, turn them upright, crop them."""
