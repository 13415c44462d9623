"""What carries: the log, Kafka, PostgreSQL, the loops, the web and the time source. It knows no word of incidents."""
