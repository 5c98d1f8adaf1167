import time


def work(job):
    time.sleep(2)  # found
    return job()
