"""Runs a program that starts threads where there are none: a thread runs when it is started, and has ended then.

Programs that start one thread for the sake of its stack, and wait for it, do not notice.
"""

import sys
import threading


def start(thread):
    if thread._started.is_set():
        raise RuntimeError("threads can only be started once")
    thread._started.set()
    try:
        thread.run()
    except SystemExit:
        pass
    except Exception:
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))


def join(thread, timeout=None):
    if not thread._started.is_set():
        raise RuntimeError("cannot join thread before it is started")


threading.Thread.start = start
threading.Thread.join = join
threading.Thread.is_alive = lambda thread: False
threading.stack_size = lambda size=0: 0
