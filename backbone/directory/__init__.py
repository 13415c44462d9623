"""Every stage's copy of what the router owns: contracts, people, rotations, keys, catalogues."""
