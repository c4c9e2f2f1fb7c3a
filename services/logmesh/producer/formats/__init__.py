"""The formats that lines are written in, found once a stream and kept while they fit.

    table (each with its examples)  ->  fitting (by how a line begins)  ->  stream (one a file: what fitted is tried first)

A line in none of them is read by `parsing`: by its fields, its prefix, or where a time and a level stand.
"""
