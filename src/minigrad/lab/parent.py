"""A process that ends with the one that started it."""

import os
import threading
import time


def follow_parent() -> None:
    """End this process, whatever it does, within a second of its parent's end."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
