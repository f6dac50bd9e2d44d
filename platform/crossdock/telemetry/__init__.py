"""Looking at runs from outside: log records for programs, Prometheus metrics, OpenTelemetry traces.

What needs the extra ``metrics`` is imported only when it is asked for.
"""
