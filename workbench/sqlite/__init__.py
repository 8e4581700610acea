"""SQLite as a server's database: writers queue instead of colliding (DESIGN 5)."""
