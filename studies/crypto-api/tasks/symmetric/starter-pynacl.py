import nacl


def generate_key():
    # TODO: make and return a new secret key
    return None


def encrypt(key, text):
    # TODO: encrypt the text with the key, return the result
    return None


def decrypt(key, encrypted):
    # TODO: return the text; raise an exception if the key is wrong or the data was changed
    return None


print("nacl", nacl.__version__, "is imported, three functions are defined")
