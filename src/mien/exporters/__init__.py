"""What leaves mien in the formats of others."""
