"""The networks under the SSD heads, one a module."""
