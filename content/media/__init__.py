"""Images, documents and drawn covers."""
