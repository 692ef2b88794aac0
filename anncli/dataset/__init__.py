"""Datasets: samples with labels, their encoding as targets, and how they are split into sets."""
