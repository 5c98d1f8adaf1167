def greet(user):
    if user.is_authenticated:
        return user.name
    return "stranger"
