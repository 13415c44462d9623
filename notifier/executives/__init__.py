"""Executives of either side, who are told on request (BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER, RR-EXEC, AEM-EXEC)."""
