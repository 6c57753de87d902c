"""The command line: click only, one short module a command."""
