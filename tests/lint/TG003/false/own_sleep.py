class time:
    @staticmethod
    def sleep(hours):
        return f"slept for {hours} hours"


print(time.sleep(8))
