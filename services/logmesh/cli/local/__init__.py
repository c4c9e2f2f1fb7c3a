"""The whole system on one machine.

    up ─► supervisor ─► postgres ─► redis ─► processor… ─► gateway ─► edge ─► producer…
          (started from left to right, stopped from right to left)

Everything lives under one data folder; a restart finds it again.
"""
