"""Trainers of many networks at once: the formulas of training/trainers, with arrays (K, P) where those have (P,)."""
