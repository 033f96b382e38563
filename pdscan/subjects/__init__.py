"""One person: everything that is theirs, and why that is believed."""
