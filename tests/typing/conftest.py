"""The program is checked, not imported: it needs what not every environment has."""

collect_ignore = ["user_project.py"]
