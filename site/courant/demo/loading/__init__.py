"""Puts the demo's content into the database, one module for each family of things.

Everything is found by its slug or its address before it is made, and what is there is left as it is: an editor may
have worked on it. So a second load changes nothing, and a load that was killed goes on where it stopped.
"""
