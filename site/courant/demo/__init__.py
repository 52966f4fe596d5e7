"""The demo: an invented institute's site, so that a stranger sees everything working within a minute.

`content/` holds the texts as a writer would keep them (Markdown with front matter, and YAML); the modules beside it
read, check and load them.
"""
