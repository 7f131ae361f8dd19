"""What users meet: commands, answers, evaluation, chat page, widget and HTTP API."""
