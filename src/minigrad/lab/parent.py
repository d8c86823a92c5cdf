"""A process that ends with the one that started it."""

import multiprocessing
import os
import threading
import time


def follow_parent() -> None:
    """End this process, whatever it does, within a second of its parent's end.

    multiprocessing may start it by a server of its own, as it does on Linux since Python 3.14: then
    that is its parent, and who has asked for it is another. Both are looked at.
    """
    parent, asked = os.getppid(), multiprocessing.parent_process()

    def watch() -> None:
        while os.getppid() == parent and (asked is None or asked.is_alive()):
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
