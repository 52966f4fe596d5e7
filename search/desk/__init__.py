"""The editors' desk: what readers search for, and what editors do about it."""
