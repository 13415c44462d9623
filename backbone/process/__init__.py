"""The process around the stages: settings, logging, gauges, the loops that run and drain."""
