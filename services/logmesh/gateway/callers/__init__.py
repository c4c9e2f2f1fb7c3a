"""Who calls: tokens and the keys they are checked with, the tenant of the call under way, and room for so many calls of a kind."""
