import time


def twice(job):
    try:
        return job()
    except OSError:
        time.sleep(1)
        return job()
