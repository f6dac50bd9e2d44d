"""The way of a record through Crossdock: fetched, parsed, mapped, transformed, validated, stored, and reported."""
