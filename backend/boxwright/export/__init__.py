"""From a checkpoint to SavedModel, frozen graph, TFLite and ONNX, each reloaded and compared."""
