"""What pages and scripts say around answers, in four languages, and which language a reader prefers."""
