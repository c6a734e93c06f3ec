"""What is played, and every way to start it."""
