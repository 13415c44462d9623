"""The web: problems, bodies, keys, pages, streams; one set of checks for FastAPI's routes and for the hot one.

Whatever comes in, the answer is the promised one or a problem (RFC 9457) of 4xx; 5xx is kept for our own troubles.
"""
