"""Who calls: whose records the call under way may see, who may change something, and room for so many calls of a kind."""
