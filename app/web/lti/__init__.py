"""LTI 1.3: how a learning platform (Moodle, Canvas, manaba) opens Tenkyo inside a course."""
