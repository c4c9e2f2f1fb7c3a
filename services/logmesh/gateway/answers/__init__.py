"""What goes out: a status with a sentence for each failure, messages as JSON, records as files."""
