"""Reading the lake: a filter's tree becomes a condition for DuckDB, and processes of their own run statements over files.

filters ─► conditions (binding, members) ─► worker ─► answers
                                              └─► files
"""
