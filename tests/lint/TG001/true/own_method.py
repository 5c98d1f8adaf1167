class Tree:
    def __init__(self, children):
        self.children = children

    def is_leaf(self):
        return not self.children

    def depth(self):
        if self.is_leaf:  # found
            return 1
        return 1 + max(child.depth() for child in self.children)
