"""Loki's push: streams of entries, each with labels, in protobuf behind snappy or in JSON.

messages · json_push  ->  Stream (labels, times, lines, metadata)  ->  records (labels say whose they are, the readers what a line says)
"""
