"""Executors: who runs specs, and where. Results do not depend on the executor."""
