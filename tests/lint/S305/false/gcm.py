from cryptography.hazmat.primitives.ciphers.modes import GCM


def mode(vector):
    return GCM(vector)
