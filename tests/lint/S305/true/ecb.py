from cryptography.hazmat.primitives.ciphers.modes import ECB

MODE = ECB()  # found
