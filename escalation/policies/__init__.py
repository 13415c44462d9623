"""Policies: the ladders that a broken promise climbs; each version is kept, and frozen on the incident."""
