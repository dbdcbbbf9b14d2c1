/** What participants of studies/crypto-api could hand in. */
export const symmetricSolutions = {
  cryptography: `
from cryptography.fernet import Fernet

def generate_key():
    return Fernet.generate_key()

def encrypt(key, text):
    return Fernet(key).encrypt(text.encode())

def decrypt(key, encrypted):
    return Fernet(key).decrypt(encrypted).decode()
`,
  pynacl: `
import nacl.secret, nacl.utils

def generate_key():
    return nacl.utils.random(nacl.secret.SecretBox.KEY_SIZE)

def encrypt(key, text):
    return nacl.secret.SecretBox(key).encrypt(text.encode())

def decrypt(key, encrypted):
    return nacl.secret.SecretBox(key).decrypt(encrypted).decode()
`,
};

export const asymmetricSolutions = {
  cryptography: `
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)

def generate_key_pair():
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private_key, private_key.public_key()

def encrypt_for(public_key, message):
    key = Fernet.generate_key()
    return public_key.encrypt(key, oaep), Fernet(key).encrypt(message)

def decrypt_with(private_key, encrypted):
    return Fernet(private_key.decrypt(encrypted[0], oaep)).decrypt(encrypted[1])
`,
  pynacl: `
from nacl.public import PrivateKey, SealedBox

def generate_key_pair():
    private_key = PrivateKey.generate()
    return private_key, private_key.public_key

def encrypt_for(public_key, message):
    return SealedBox(public_key).encrypt(message)

def decrypt_with(private_key, encrypted):
    return SealedBox(private_key).decrypt(encrypted)
`,
};

/** Solves nothing, in both tasks. */
export const RETURNS_ITS_INPUT = `
import os

def generate_key():
    return os.urandom(32)

def encrypt(key, text):
    return text

def decrypt(key, encrypted):
    return encrypted

def generate_key_pair():
    return os.urandom(32), os.urandom(32)

def encrypt_for(public_key, message):
    return message

def decrypt_with(private_key, encrypted):
    return encrypted
`;
