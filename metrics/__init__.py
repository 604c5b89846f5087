"""What is counted for Prometheus, and how it is served. docs/metrics.md lists every metric.

Importing this package alone imports no prometheus_client: `metrics.sharing` must be able to come first.
"""
