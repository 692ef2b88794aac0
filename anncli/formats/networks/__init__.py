"""Network formats: files to networks and back."""
