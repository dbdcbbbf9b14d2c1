def check_asymmetric():
    missing = [name for name in ("generate_key_pair", "encrypt_for", "decrypt_with") if name not in globals()]
    if missing:
        return "not solved yet: run the cell above, it defines " + ", ".join(missing)
    private_key, public_key = generate_key_pair()
    if private_key is None or public_key is None:
        return "not solved yet: generate_key_pair returned None instead of a key"
    for message in (b"It hurts when I laugh.", b"long " * 2000):
        encrypted = encrypt_for(public_key, message)
        if encrypted is None:
            return "not solved yet: encrypt_for returned None"
        if encrypted == message:
            return "not solved yet: encrypt_for returned the message as it was"
        if decrypt_with(private_key, encrypted) != message:
            return "not solved yet: decrypt_with did not return the message of " + str(len(message)) + " bytes"
    try:
        decrypt_with(generate_key_pair()[0], encrypted)
    except Exception:
        return "solved: the messages came back, and a wrong key was refused"
    return "not solved yet: decrypt_with accepted a wrong key"


print(check_asymmetric())
