"""The instrument tests itself on questions whose answers are known; `embedbench selftest` prints a line each."""
