"""Running: what a command does between its options and its report."""
