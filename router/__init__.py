"""The router: reads the customer's contract, and decides what is owed and who is on it.

Hears: intake and the notifier. Decides: the service, severity, clocks, queue, crisis manager. Says: `incident.routed`,
`crisis_manager.assigned`, the directory. Owns: contracts, people, keys, queues, balances. Never: a clock, a page.
"""
