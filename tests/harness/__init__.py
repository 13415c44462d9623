"""What tests stand on: a real PostgreSQL, a real Kafka, people with phones, a time source moved by hand."""
