"""Which lines of a file are one record.

line  ->  streams (whose it is)  ->  beginnings (what it begins with)  ->  open_record (whether it goes on with the one before)
          alike (known at a glance)  learned (how records begin)           traces (what a trace holds), ahead (what follows)

The joiner asks them in this order.
"""
