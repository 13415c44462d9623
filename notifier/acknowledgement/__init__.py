"""Acknowledging and declining: by the API, by the signed link in a page."""
