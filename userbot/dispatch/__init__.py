"""One ordered worker per peer: what is new goes in, a turn comes out."""
