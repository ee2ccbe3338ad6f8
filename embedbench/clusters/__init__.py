"""Work on other processes and machines: SLURM and Ray, met here without Hydra and without any part of a cell."""
