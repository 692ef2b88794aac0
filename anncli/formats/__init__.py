"""Formats: bytes to objects and back."""
