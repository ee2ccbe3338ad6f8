"""Hydra configuration of embedbench, installed as embedbench.conf."""
