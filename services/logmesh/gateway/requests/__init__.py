"""What requests have in common, read and checked in one place. Whatever is wrong in one is said in the words of its fields."""
