"""Many trainings of networks of one topology at once, on a device."""
