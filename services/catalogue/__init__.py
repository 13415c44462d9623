"""What is on sale: the catalogue as data, and the mechanisms that put it to use."""
