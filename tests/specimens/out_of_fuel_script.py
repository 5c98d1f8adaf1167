# fuel: 200000000
# end: out-of-fuel
# stdout: "before\n"
print("before")
while True:
    pass
