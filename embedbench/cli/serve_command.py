"""`embedbench serve`: the report, live over results that grow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from embedbench.cli.report_command import add_report_arguments, check_bounds, report_options
from embedbench.errors import ConfigurationError
from embedbench.registry import load_components


def execute(arguments: Sequence[str]) -> int:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="embedbench serve",
        description="The page of `embedbench report` over a folder that grows: finished, running and failed cells of a "
        "sweep as they come. Only this machine can read it unless --host says otherwise.",
    )
    add_report_arguments(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any that is free (%(default)s)")
    parsed = parser.parse_args(list(arguments))
    check_bounds(parsed)
    for folder in parsed.results:
        if not folder.is_dir():
            raise ConfigurationError(f"there is no folder of results at {folder}; `embedbench run` makes one")
    from embedbench.report.live import LiveResults
    from embedbench.report.serving import LiveServer, is_loopback

    live = LiveResults(parsed.results, report_options(parsed))
    try:
        server = LiveServer((parsed.host, parsed.port), live)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"nothing can be served at {parsed.host}, port {parsed.port} ({error}); try another --port, or --port 0"
        ) from error
    load_components()
    with server:
        print(server.url, flush=True)
        if not is_loopback(parsed.host):
            sys.stderr.write("embedbench: everyone who can reach this address can read these results\n")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stderr.write("embedbench: stopped\n")
    return 0
