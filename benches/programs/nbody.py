"""Moves three bodies under gravity: floating-point arithmetic and attribute-free loops."""

bodies = [
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.5],
    [4.84, -1.16, -0.10, 0.61, 2.81, -0.02, 0.037],
    [8.34, 4.12, -0.40, -1.01, 1.82, 0.008, 0.011],
]
for _ in range(60_000):
    for i, a in enumerate(bodies):
        for b in bodies[i + 1 :]:
            dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            force = 0.01 / (dx * dx + dy * dy + dz * dz) ** 1.5
            for body, other, sign in ((a, b, -1), (b, a, 1)):
                body[3] += sign * dx * other[6] * force
                body[4] += sign * dy * other[6] * force
                body[5] += sign * dz * other[6] * force
    for body in bodies:
        body[0] += 0.01 * body[3]
        body[1] += 0.01 * body[4]
        body[2] += 0.01 * body[5]
print(["%.6f" % body[0] for body in bodies])
