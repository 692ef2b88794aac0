"""Networks: what a network is."""
