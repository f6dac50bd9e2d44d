"""Expressions: JMESPath with exact decimals, compiled once, and able to say which values they took."""
