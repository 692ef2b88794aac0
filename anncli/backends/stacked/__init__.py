"""Many networks of one shape at once, by torch: on a GPU, or on the CPU for tests and large single networks."""
