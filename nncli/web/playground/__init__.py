"""The playground: a network that is built and watched as it learns."""
