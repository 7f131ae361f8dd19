"""Questions drafted from passages: for a teacher's file, as starters, and as suggestions after an answer."""
