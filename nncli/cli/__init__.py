"""The command line: only click, with one short module per command."""
