"""The bivariate standard normal distribution, for many points and correlations at once."""

import numpy as np
from scipy.special import ndtr, owens_t

from workbench.sem.model.layout import Floats

_ROOT = np.sqrt(2.0 * np.pi)


def density(z: Floats) -> Floats:
    """Standard normal density; 0 at infinite z."""
    return np.asarray(np.exp(-0.5 * z * z) / _ROOT, dtype=np.float64)


def joint_density(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Density of two standard normal variables with correlation rho at (h, k); 0 at infinity."""
    finite = np.isfinite(h) & np.isfinite(k)
    x, y = np.where(finite, h, 0.0), np.where(finite, k, 0.0)
    left = 1.0 - rho * rho
    value = np.exp(-0.5 * (x * x - 2.0 * rho * x * y + y * y) / left)
    return np.where(finite, value / (2.0 * np.pi * np.sqrt(left)), 0.0)


def joint_probability(h: Floats, k: Floats, rho: Floats) -> Floats:
    """P(X <= h, Y <= k) for finite h and k and \\|rho\\| < 1; the three broadcast.

    By Owen's T [1]_: (Phi(h) + Phi(k)) / 2 - T(h, (k/h - rho)/r) - T(k, (h/k - rho)/r) - b with
    r = sqrt(1 - rho^2), and b = 1/2 where h and k lie on two sides of 0, else 0. Absolute errors
    are those of rounding.

    References
    ----------
    .. [1] Owen, D. B. (1956). Tables for computing bivariate normal probabilities. Annals of
       Mathematical Statistics, 27, 1075-1090.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(joint_probability(np.zeros(1), np.zeros(1), np.array([0.5]))[0]), 6)
    0.333333
    """
    root = np.sqrt(1.0 - rho * rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        along_h = (k - rho * h) / (h * root)
        along_k = (h - rho * k) / (k * root)
    apart = np.where((h * k > 0) | ((h * k == 0) & (h + k >= 0)), 0.0, 0.5)
    found = 0.5 * (ndtr(h) + ndtr(k)) - owens_t(h, along_h) - owens_t(k, along_k) - apart
    both = (h == 0) & (k == 0)
    if both.any():
        found = np.where(both, 0.25 + np.arcsin(rho) / (2.0 * np.pi), found)
    return np.asarray(found, dtype=np.float64)
