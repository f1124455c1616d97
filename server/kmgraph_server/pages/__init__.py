"""What pages show, worked out before any template is filled; no Flask in here."""
