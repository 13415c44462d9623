"""Kafka as a carrier: wide and fast, never the record."""
