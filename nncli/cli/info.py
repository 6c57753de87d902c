"""``nncli info``."""

from collections.abc import Iterator
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(as_json: bool) -> None:
    """Print the environment for a bug report.

    Includes versions, BLAS and threads, extras and engines, cache, and environment variables.
    """
    from nncli import info as collected
    from nncli.cli.output import print_json, print_wrapped_pairs

    found = collected()
    if as_json:
        print_json(found)
        return
    print_wrapped_pairs(list(_pairs(found)))


def _pairs(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    python, platform, processors = found["python"], found["platform"], found["processors"]
    yield "nncli", f"{found['nncli']['version']} in {found['nncli']['path']}"
    yield "Python", f"{python['implementation']} {python['version']}, {python['path']}"
    yield "platform", f"{platform['system']}, {platform['machine']}"
    yield "processors", f"{processors['usable']} usable of {processors['all']}"
    yield from _numpy(found["numpy"])
    for name, version in found["packages"].items():
        yield name, version or "unknown version"
    for name, extra in found["extras"].items():
        yield f"extra {name}", f"{_state(extra)}; for {extra['purpose']}"
    for name, engine in found["engines"].items():
        product = f"; {engine['matrix_product']}" if engine["matrix_product"] else ""
        yield f"engine {name}", _state(engine) + product
    yield from _cache(found["cache"])
    if reason := found["engines"]["compiled"]["not_kept"]:
        yield "compiled code", f"not kept, compiled at each start: {reason}"
    for name, value in found["environment"].items():
        yield name, "not set" if value is None else value
    yield from _terminal(found["terminal"])


def _numpy(numpy: dict[str, Any]) -> Iterator[tuple[str, str]]:
    blas = numpy["blas"]
    known = [blas["name"] or "unknown", blas["version"], blas["architecture"]]
    reasons = {
        "nncli": "chosen by nncli; one per processor for large layers",
        "BLAS": "chosen by the BLAS",
    }
    reason = reasons.get(blas["threads_by"], f"set by {blas['threads_by']}")
    yield "NumPy", numpy["version"]
    yield "BLAS", " ".join(filter(None, known))
    yield "threads", f"{blas['threads']}, {reason}"


def _state(part: dict[str, Any]) -> str:
    if part["problem"] and not part["version"]:
        return str(part["problem"])
    version = f"{part['package']} {part['version'] or 'of an unknown version'}"
    return f"{version}; {part['problem']}" if part["problem"] else version


def _cache(cache: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if cache["problem"]:
        yield "cache", f"cannot be used: {cache['problem']}"
        return
    yield "cache", cache["path"]
    yield "MNIST", f"{'cached' if cache['mnist'] else 'not cached'}, {cache['bytes']:,} bytes"


def _terminal(terminal: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "terminal", terminal["encoding"] or "none"
    yield "locale", f"{terminal['locale']}, {terminal['locale_encoding']}"
