"""What processors and gateways share of a live tail: records that stay bytes from the one to the client.

offers (looked-at records) ──► ring (bounded, drops the oldest and says so) ──► frames (at most every 50 ms)
"""
