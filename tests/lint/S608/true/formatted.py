def find(cursor, name):
    cursor.execute(f"DELETE FROM users WHERE name = '{name}'")  # found
