def is_yes(answer):
    return answer is "yes"  # found
