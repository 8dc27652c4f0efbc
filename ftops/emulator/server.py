"""The emulator on a socket of this machine."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from ftops.emulator.app import create_app
from ftops.emulator.errors import EmulatorError
from ftops.emulator.sockets import breakable
from ftops.emulator.world import World

LOOPBACK = ("127.0.0.1", "localhost")


def serve(
    path: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    profile: str = "azure",
    rate: float | None = None,
    seed_file: str | Path | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the world in this file until interrupted.

    The clock follows the wall clock, `rate` times as fast, and goes back to its former mode at the end.
    Port 0 takes any free one; `on_ready` is told the address.
    """
    if host not in LOOPBACK:
        raise EmulatorError(f"the emulator has no real security and serves only {' or '.join(LOOPBACK)}")
    world = World.open(path, profile, seed_file=seed_file)
    try:
        with socket.create_server((host, port)) as listener:
            former = world.clock()
            world.switch_clock("real" if rate is None else "scaled", 1.0 if rate is None else rate)
            if on_ready:
                on_ready(f"http://{host}:{listener.getsockname()[1]}")
            _run(world, listener, lambda: world.switch_clock(former.mode, former.rate))
    finally:
        world.close()


def _run(world: World, listener: socket.socket, at_end: Callable[[], None]) -> None:
    import uvicorn
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # Afterwards uvicorn repeats the signal that ended it, and a second one ends the process.
            await super().shutdown(sockets)
            at_end()

    app = create_app(world)
    # A web page must not reach the emulator under a name of its own (DNS rebinding).
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK), www_redirect=False)
    config = uvicorn.Config(
        breakable(app), log_level="warning", access_log=False, lifespan="off", date_header=False, server_header=False
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=[listener])
