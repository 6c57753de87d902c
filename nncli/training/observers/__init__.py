"""What watches training, each in a file of its own."""
