"""A network as an ONNX model."""
