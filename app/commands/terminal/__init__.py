"""What people see in a terminal: answers as text, the conversation, progress."""
