"""Baselines: simple predictors that learn from the training rows of a network, to say whether its result is good."""
