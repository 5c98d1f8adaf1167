class Tree:
    def __init__(self, children):
        self.children = children

    @property
    def is_leaf(self):
        return not self.children

    def depth(self):
        return 1 if self.is_leaf else 2
