def on_error(error):
    print(error)


def run(job, on_error=None):
    try:
        job()
    except ValueError as error:
        if on_error:
            on_error(error)
