"""MathML, which browsers typeset without a script."""

import re

from nncli.base.errors import UsageError
from nncli.base.extras import install_command

_NEGATIVE = re.compile(
    r"(<mo[^>]*>&#x000(?:28|3D|2C|B7);</mo>|^<mrow>"  # ( = , ·
    r"|(?:<mrow>|(?<!&#x00029;)</mo>)<mo[^>]*>&#x0007C;</mo>)"  # a bar that opens
    r"<mo>&#x02212;</mo>"
)
_FUNCTION = re.compile(r"<mi>(?:ln|max|min)</mi>(?!<mo)")
_THIN = '<mspace width="0.167em" />'


def mathml(latex: str) -> str:
    """Return mathematics as a MathML element within a line.

    Raises
    ------
    UsageError
        If latex2mathml is not installed.
    """
    return f"<math>{mathml_row(latex)}</math>"


def mathml_row(latex: str) -> str:
    """Return the content of a MathML element. Raises `UsageError` as `mathml` does.

    Minus signs of negative numbers are close to these, and names of functions apart from letters;
    browsers would treat all as operators and letters.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        raise UsageError(
            "formulas in HTML require latex2mathml, which is not installed; get it with: "
            f"{install_command('html')}"
        ) from error
    element: str = convert(latex)
    row = element[element.index(">") + 1 : element.rindex("<")]
    row = _NEGATIVE.sub(r'\1<mo form="prefix">&#x02212;</mo>', row)
    return _FUNCTION.sub(rf"{_THIN}\g<0>{_THIN}", row)
