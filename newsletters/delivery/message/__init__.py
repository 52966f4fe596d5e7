"""The message itself: encoded once a mailing, spliced once a recipient."""
