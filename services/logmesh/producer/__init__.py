"""Reads records and delivers them exactly once.

source ─► batcher ─► spool (fsync; batch and source position in one frame) ─► forwarder ─► processor
                       ▲                                                         │
                       └───────────── freed when COMMITTED ◄─────────────────────┘
"""
