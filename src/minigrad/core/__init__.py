"""The engine: tensors, the graph they record, and its traversal. No op lives here."""
