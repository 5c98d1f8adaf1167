import time


def pause(seconds):
    time.sleep(seconds)
    time.sleep(0)
