def check_symmetric():
    missing = [name for name in ("generate_key", "encrypt", "decrypt") if name not in globals()]
    if missing:
        return "not solved yet: run the cell above, it defines " + ", ".join(missing)
    text = "Dear diary, today I met Zoë."
    key = generate_key()
    if key is None:
        return "not solved yet: generate_key returned None"
    if generate_key() == key:
        return "not solved yet: generate_key returned the same key twice"
    encrypted = encrypt(key, text)
    if encrypted is None:
        return "not solved yet: encrypt returned None"
    if encrypted in (text, text.encode()):
        return "not solved yet: encrypt returned the text as it was"
    decrypted = decrypt(key, encrypted)
    if decrypted != text:
        return "not solved yet: decrypt returned " + repr(decrypted) + " instead of " + repr(text)
    try:
        decrypt(generate_key(), encrypted)
    except Exception:
        return "solved: the text came back, and a wrong key was refused"
    return "not solved yet: decrypt accepted a wrong key"


print(check_symmetric())
