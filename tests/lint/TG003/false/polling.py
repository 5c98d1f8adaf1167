import time


def wait(is_ready):
    while not is_ready():
        time.sleep(0.1)
