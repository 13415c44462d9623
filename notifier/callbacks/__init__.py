"""What the providers of channels tell us afterwards."""
