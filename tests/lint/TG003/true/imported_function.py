from time import sleep

print("loading")
sleep(0.5)  # found
print("done")
