"""The board: what portals and dashboards look at, live."""
