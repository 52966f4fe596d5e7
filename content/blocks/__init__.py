"""The block library and its three destinations: web page, mail, text."""
