"""`python -m examples.shop`: the shop on 127.0.0.1."""

from __future__ import annotations

import argparse

import uvicorn

from examples.shop.app import MOST_LATENCY, create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.shop", description="A shop, to show how pages load.")
    parser.add_argument("--port", type=int, default=8000, help="the port on 127.0.0.1 (8000)")
    parser.add_argument(
        "--latency", type=int, default=50, help="how many ms each query is held up, as by a network's distance (50)"
    )
    options = parser.parse_args()
    if not 0 <= options.latency <= MOST_LATENCY:
        parser.error(f"--latency must be from 0 to {MOST_LATENCY}")
    app = create_app(latency=options.latency)
    print(
        f"The shop: http://127.0.0.1:{options.port}/  A product: http://127.0.0.1:{options.port}/product/1", flush=True
    )
    uvicorn.run(app, host="127.0.0.1", port=options.port)


if __name__ == "__main__":
    main()
