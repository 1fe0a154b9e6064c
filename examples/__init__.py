"""Scripts that train small models and write down what they did, as import lines for `whence import`."""
