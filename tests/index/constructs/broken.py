def good(): pass
def bad(:
