"""Run the sandbox: `python -m console.sandbox --port 8900 --state sandbox.json`."""

import argparse
import ipaddress
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from console.sandbox import seed, state
from console.sandbox.app import create_app
from console.sandbox.world import World


class SandboxServer(uvicorn.Server):
    """Ends at the first signal, and with status 0: being stopped is no failure."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


def main() -> int:
    arguments = _arguments()
    try:
        world = _world(arguments.state)
        listener = _listener(arguments.host, arguments.port)
    except (state.StateError, OSError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        create_app(world, state_file=arguments.state),
        # Closing a connection on purpose is an error to uvicorn's log.
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=0,
        # As at xAI, the client lets an idle connection go first (console.xai: 30 s):
        # a request on one that closes at that moment is lost, and is not repeated.
        timeout_keep_alive=75,
    )
    SandboxServer(config).run(sockets=[listener])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.sandbox")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", type=_loopback, default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="the file to go on from")
    return parser.parse_args()


def _loopback(text: str) -> str:
    """Accept only loopback addresses: the control API hands out secrets."""
    if not ipaddress.ip_address(text).is_loopback:
        raise argparse.ArgumentTypeError("the sandbox listens on loopback only")
    return text


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _world(path: Path | None) -> World:
    if path is not None and path.exists():
        return state.load(path)
    world = seed.new_world()
    if path is not None:
        state.save(world, path)
    return world


if __name__ == "__main__":
    sys.exit(main())
