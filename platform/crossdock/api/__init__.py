"""The HTTP API: other programs read and write records, each as one connection among several."""
