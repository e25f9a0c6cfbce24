"""Images as arrays and as files: pixels, image files, contact sheets, animations."""
