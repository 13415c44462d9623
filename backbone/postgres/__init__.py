"""PostgreSQL: engines, migrations, the embedded server."""
