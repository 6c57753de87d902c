"""Exact values of elementary functions, to 40 digits, by other methods than the compiled ones."""

from collections.abc import Callable
from decimal import Decimal, localcontext

DIGITS = 50
SQRT_TWO_PI = Decimal("2.50662827463100050241576528481104525300698674060993831663")


def exp(x: Decimal) -> Decimal:
    return x.exp()


def log(x: Decimal) -> Decimal:
    return x.ln()


def log1p(x: Decimal) -> Decimal:
    if abs(x) < Decimal("1e-12"):
        return x - x**2 / 2 + x**3 / 3 - x**4 / 4
    return (1 + x).ln()


def softplus(x: Decimal) -> Decimal:
    return max(x, Decimal(0)) + log1p((-abs(x)).exp())


def tanh(x: Decimal) -> Decimal:
    if abs(x) < Decimal("1e-10"):
        return x - x**3 / 3 + 2 * x**5 / 15
    up = (2 * x).exp()
    return (up - 1) / (up + 1)


def sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def normal_cdf(x: Decimal) -> Decimal:
    """Return Φ(x) by its Taylor series or, beyond 4, by the continued fraction of Laplace."""
    a = abs(x)
    density = (-a * a / 2).exp() / SQRT_TWO_PI
    if a > 4:
        fraction = Decimal(0)
        for k in range(250, 0, -1):
            fraction = k / (a + fraction)
        tail = density / (a + fraction)
    else:
        total, term, k = Decimal(0), a, 1
        while abs(term) > Decimal("1e-60"):
            total += term
            k += 2
            term *= a * a / k
        tail = Decimal("0.5") - density * total
    return tail if x < 0 else 1 - tail


def values(function: Callable[[Decimal], Decimal], numbers: list[float]) -> list[Decimal]:
    """Return the function of each number, exactly converted."""
    with localcontext() as context:
        context.prec = DIGITS
        return [function(Decimal(number)) for number in numbers]
