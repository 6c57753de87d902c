"""The config file: its schema, its strict reader, and what is written from the schema."""
