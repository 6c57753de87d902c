"""The config file: its schema, its strict reader, and the output generated from the schema."""
