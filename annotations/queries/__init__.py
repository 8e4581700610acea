"""The only readers."""
