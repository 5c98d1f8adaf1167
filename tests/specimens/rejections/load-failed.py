import a_module_that_is_nowhere


def shout(text: str) -> str:
    return a_module_that_is_nowhere.loud(text)
