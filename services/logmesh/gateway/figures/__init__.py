"""Pure arithmetic of answers: what was counted goes in, what is said of it comes out."""
