def f(a):
	n = len(a)
	for i in range(1, n):
		for j in range(3):
			if a[j] > i: continue
			print("""a
  b""", j)
		print([i for _ in a])
