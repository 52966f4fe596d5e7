"""The Elasticsearch engine: for installations with a cluster, or with more than one machine that writes."""

from search.engines.elasticsearch.engine import ElasticsearchEngine

__all__ = ["ElasticsearchEngine"]
