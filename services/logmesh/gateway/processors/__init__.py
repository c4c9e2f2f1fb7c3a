"""The processors that there are: found behind one name, and asked each for its state."""
