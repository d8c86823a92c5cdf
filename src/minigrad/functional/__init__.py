"""The ops: one function each, its gradients directly below its value."""
