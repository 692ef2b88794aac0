"""Options: one home for every option (no numpy)."""
