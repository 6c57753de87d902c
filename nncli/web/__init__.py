"""The local web server of the playground, with the standard library alone."""
