"""The page of the playground: files that the server sends as they are."""
