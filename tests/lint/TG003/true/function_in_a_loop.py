import time

jobs = []
for number in range(3):

    def job(number=number):
        time.sleep(1)  # found
        return number

    jobs.append(job)
