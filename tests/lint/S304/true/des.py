from Crypto.Cipher import DES


def cipher(key):
    return DES.new(key, DES.MODE_CBC)  # found
