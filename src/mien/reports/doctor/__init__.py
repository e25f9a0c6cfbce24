"""The doctor: what is wrong with a training, since when, why, and which command helps."""
