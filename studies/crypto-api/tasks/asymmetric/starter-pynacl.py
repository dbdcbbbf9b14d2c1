import nacl


def generate_key_pair():
    # TODO: make a new key pair, return (private_key, public_key)
    return None, None


def encrypt_for(public_key, message):
    # TODO: encrypt the message (bytes) so that only the owner of the private key can read it
    return None


def decrypt_with(private_key, encrypted):
    # TODO: return the message (bytes); raise an exception if the key is wrong
    return None


print("nacl", nacl.__version__, "is imported, three functions are defined")
