"""The built-in mailbox: an SMTP sink with a page to read what it kept."""
