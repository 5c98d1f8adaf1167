class Shape:
    def area(self):
        pass


if Shape:
    print(Shape())
