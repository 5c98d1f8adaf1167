def run(text):
    exec(text)  # found
