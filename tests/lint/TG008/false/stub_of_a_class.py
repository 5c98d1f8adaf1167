class Shape:
    def area(self):
        pass


if True:
    print(Shape())
