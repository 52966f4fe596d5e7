"""What `make bench-search` measures: docs/search-performance.md says what came out and how to run it."""
