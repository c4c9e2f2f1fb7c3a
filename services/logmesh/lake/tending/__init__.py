"""What keeps the lake in order, in an owner's session, while records are written and read. One process leads; each step may be cut off
anywhere, and is done again.

seal: hot rows of a closed generation ─► files        drop: their table, once nobody can see them in it
merge: many files of a tenant ─► one, for as long as they are small
retire: what retention has passed
sweep: numbers that nobody uses any more, and files on the disk that no catalog names
"""
