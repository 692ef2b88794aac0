"""Evaluation: outputs and labels to metrics."""
