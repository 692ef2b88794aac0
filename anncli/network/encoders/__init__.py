"""Encoders: how raw columns become the numbers that a network takes."""
