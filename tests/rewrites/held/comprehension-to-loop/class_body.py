# The loop would leave its variable as an attribute.
class A:
    b = [x for x in range(3)]
