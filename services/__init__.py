"""What was promised: the catalogue of support services and the rules that read a contract. All of it is pure."""
