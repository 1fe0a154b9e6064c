"""The demo: 940 real GPT-2 speed-run trainings and the notes of the people who ran them, as import lines."""
