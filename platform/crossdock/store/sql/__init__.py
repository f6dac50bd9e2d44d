"""The database under the store: SQLite or PostgreSQL, its tables, and how they came to be."""
