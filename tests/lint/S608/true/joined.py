def find(cursor, name):
    cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")  # found
