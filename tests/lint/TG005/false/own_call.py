class subprocess:
    @staticmethod
    def call(name):
        print(f"calling {name}")


subprocess.call("Ada")
