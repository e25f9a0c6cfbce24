"""Augmentation of what the discriminator sees: DiffAugment and ADA."""
