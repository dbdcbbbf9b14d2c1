def shorten(text, length):
    # TODO: hier kommt Ihr Code hin
    return None
