"""Numbers that a NumPy form and its twin both read."""

# Φ(x) - ½ = x P(x²) / Q(x²) on [-5.1, 5.1], a least-maximum fit good to 7e-8; beyond, Φ is 0 or 1
EDGE = 5.1
P = (-1.50219563e-08, 4.84658853e-06, 3.67548069e-04, 5.79218583e-03, 5.6102418e-02, 0.39894186)
Q = (1.23297331e-04, 2.99512154e-03, 4.07466313e-02, 0.307287584, 1.0)
