"""Search and related content: documents, outbox, engines, query, related."""
