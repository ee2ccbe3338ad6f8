"""Members that train together: probes, trainer, control labels."""
