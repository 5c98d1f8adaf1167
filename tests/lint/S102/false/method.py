def run(database, text):
    database.exec(text)
