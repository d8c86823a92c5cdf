"""Lab 09: a branch and its share, under each placement of the norm."""


def shared_branch(x, f, norm, placement, s):
    """A branch f beside the path, with the share s.

    x: an array; f, norm: functions of one. placement: "none": x + s·f(x); "pre": x + s·f(N(x));
    "post": N(x + s·f(x)); "out": x + s·N(f(x)).
    """
    # TODO: what does f read, is what it gives normalized, and is the sum? Only the branch has s.
    if placement == "pre":
        return x + s * f(norm(x))
    if placement == "out":
        return x + s * norm(f(x))  # a branch cannot grow beyond its share
    y = x + s * f(x)
    return norm(y) if placement == "post" else y


def share_for(layers, together):
    """The share at which an update that moves every branch by 1 moves the stack's output by 1.

    A layer has two branches. together: True if all of them move in one direction, False if each
    goes its own way (at right angles to the others).
    """
    # TODO: how long is the sum of so many steps of length s, in one direction, and at right angles?
    branches = 2 * layers
    return 1 / branches if together else branches**-0.5


def deepnorm_share(layers, matrices):
    """The share that a branch has at the start in DeepNorm.

    DeepNorm is N(αx + f(x)) with α = (2L)^¼, where `matrices` matrices in a row of f are drawn β
    times as large as Xavier's, β = (8L)^-¼. Returns the s of the post-norm N(x + s·g(x)) that gives
    the same, where g is f with Xavier's own weights; take f as linear.
    """
    # TODO: how much smaller is f than g? And a norm does not care for what x + … is multiplied by.
    alpha, beta = (2 * layers) ** 0.25, (8 * layers) ** -0.25
    return beta**matrices / alpha
