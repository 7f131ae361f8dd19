"""The teacher's desk (`/teach`): documents, references, quality, insight and settings of a course, behind a login."""
