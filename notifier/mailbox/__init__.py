"""The built-in mailbox as a room: what it keeps, and how it is read."""
