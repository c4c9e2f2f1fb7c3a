"""Keeps the lake in order, and looks whether its files still are what was written. One keeper leads; others wait to take its place.

rounds ──► lake.tending (seal, retire, merge, sweep) ──► figures ──► /metrics
scrub  ──► lake.tending (the file that was not looked at for longest)
"""
