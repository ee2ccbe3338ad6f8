"""Tables and comparisons; reads records only, never torch."""
