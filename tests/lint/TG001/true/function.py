def is_prime(n):
    return n > 1 and all(n % i for i in range(2, n))


def primes(limit):
    n = 0
    while is_prime and n < limit:  # found
        n += 1
        if is_prime(n):
            yield n
