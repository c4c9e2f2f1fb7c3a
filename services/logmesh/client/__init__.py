"""What a client of Logmesh needs: the credit window of an Append stream."""
