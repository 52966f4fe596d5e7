"""Name, address, menus and the panels of the publishing organisation."""
