"""The command: runs the four stages, and asks a running critsit."""
