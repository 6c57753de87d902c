"""What every room uses: errors, random streams, threads, files."""
