"""Training: one run, from data to a trained network."""
