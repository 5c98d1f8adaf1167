def read(file):
    try:
        return file.read()
    finally:
        file.close()
