"""What was bought: the work order as a value, what is wrong with one, what is left of it."""
