"""The base page, home, sections and the registries that upper rooms fill."""
