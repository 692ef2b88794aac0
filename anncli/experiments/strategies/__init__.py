"""Strategies: which trials a search makes next, from what is known of those before."""
