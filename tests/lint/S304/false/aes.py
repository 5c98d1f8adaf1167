from Crypto.Cipher import AES


def cipher(key):
    return AES.new(key, AES.MODE_GCM)
