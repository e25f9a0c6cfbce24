"""Several runs side by side: what differs between them, and how they stand at equal kimg and at equal time."""
