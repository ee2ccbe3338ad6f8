"""Finished cells told to trackers: TensorBoard, MLflow, Weights & Biases, or anyone's own."""
