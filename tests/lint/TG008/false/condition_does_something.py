def drain(queue):
    if queue.pop():
        pass
    return queue
