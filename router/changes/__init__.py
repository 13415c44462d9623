"""Changes of the directory: who changed what, and when."""
