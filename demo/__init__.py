"""The demo: real speed-run trainings carried by the project, and their translation to import lines."""
