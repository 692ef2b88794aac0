"""Inference: a network at use."""
