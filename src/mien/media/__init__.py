"""Images as arrays and as files: pixels, picture files, contact sheets, animations."""
