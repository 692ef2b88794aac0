"""Showing: results for the terminal and for programs."""
