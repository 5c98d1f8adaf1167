def pulse(pins, pin, wait):
    pins[pin] = 1
    wait()
    pins[pin] = 0
