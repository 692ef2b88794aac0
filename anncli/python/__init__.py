"""What Python users hand over and get back: arrays, lists and data frames as samples, and the methods of a network."""
