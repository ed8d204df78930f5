"""The engine: a stack of networks walks along the line of the training step."""
