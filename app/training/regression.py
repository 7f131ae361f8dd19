"""Logistic regression with a ridge penalty, by Newton's method.

A file of its own because the fits of the rules and of the reader both use it.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS = 50
_LEAST_PENALTY = 1e-6  # on the intercept, so that the equations can always be solved


def logistic_regression(
    values: Floats, wanted: Floats, counts: Floats, given: Floats, ridge: float
) -> tuple[Floats, float]:
    """The weights of the columns of `values`, shape (rows, columns), and the intercept.

    - `wanted`: 0 or 1 for each row, shape (rows,); `counts`: the weight of each row
    - `given`: log-odds that are added to those of each row with the fixed weight 1, shape (rows,)
    - `ridge`: the penalty on the weights of the standardised columns
    """
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    seen = np.column_stack([(values - mean) / scale, np.ones(len(values))])
    penalty = np.diag([ridge] * values.shape[1] + [_LEAST_PENALTY])
    weights = np.zeros(seen.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-seen @ weights - given))
        slope = seen.T @ (counts * (chance - wanted)) + penalty @ weights
        weights -= np.linalg.solve((seen * (counts * chance * (1 - chance))[:, None]).T @ seen + penalty, slope)
    unscaled = weights[:-1] / scale
    return unscaled, float(weights[-1] - mean @ unscaled)
