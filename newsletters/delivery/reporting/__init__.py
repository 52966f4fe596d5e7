"""What people see of a mailing: how it goes, how it went, and files to take away. Reads only."""
