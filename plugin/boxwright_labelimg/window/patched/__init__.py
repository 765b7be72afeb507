"""labelImg with its defects fixed: patches in memory, and annotation files read and written with care."""
