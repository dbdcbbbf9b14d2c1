def tagged(tag, tags=[]):
    if tag not in tags:
        tags.append(tag)
    return tags


print(tagged("red"))
