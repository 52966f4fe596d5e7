"""The topic tree: snippets with public views."""
