"""Delivers batches exactly once: what producers and appenders share, and the appender for an application's own records.

handler ─► appender ─► intake ─► packer ──┐
                                          ├─► spool, memory_spool (lanes) ─► delivery: one session after the other ─► processors
                    producer's sources ───┘                                        └── window: credit
"""
