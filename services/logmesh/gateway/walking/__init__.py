"""A range looked at window by window, newest first, for as long as time allows."""
