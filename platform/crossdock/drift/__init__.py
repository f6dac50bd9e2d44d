"""Drift: how a remote system's payloads come to look different from those that were seen before."""
