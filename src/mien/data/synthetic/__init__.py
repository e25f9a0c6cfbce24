"""The built-in faces: drawn by formulas, with known attributes and captions."""
