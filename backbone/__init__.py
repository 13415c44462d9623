"""What carries: the log, Kafka, PostgreSQL, the loops, the web and the time source. It knows no word of incidents."""

#: The stages, in the order in which an incident comes by.
STAGES = ("intake", "router", "escalation", "notifier")
