"""Links between records, and the entries that flow along them."""
