def is_missing(answer):
    return answer is None or answer == "yes"
