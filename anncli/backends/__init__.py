"""Backends: the arithmetic of a network, in numpy and compiled."""
