"""Experiments: many whole trainings, described as specs, run by an executor, kept in a ledger."""
